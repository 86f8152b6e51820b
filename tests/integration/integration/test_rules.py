"""Sources as text of the model package: applying a package defines them; a rule added in the browser is the next revision."""

import threading
from decimal import Decimal

import pytest

from bihuan.bootstrap import Container
from bihuan.features.access.model import Grant, Principal
from bihuan.features.access.scope import Limit
from bihuan.features.integration import commands, queries, rules
from bihuan.features.integration.model import BadSource, MappingRule, NoSuchSource
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.kernel.errors import Forbidden

from .books import ROBOT, Books, definition, package, voucher
from .conftest import MAPPING

LOADER = Principal(5, "it", "艾迪", grants=(Grant("integration.*"), Grant("control.execute")))
RULE = rules.rule_of("机票", {"account": " 660299 "}, {"item": "差旅费", "org": "=department"}, 1)


@pytest.fixture
def packed(container: Container, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """A company whose package holds its source."""
    code = f"p{abs(hash(request.node.name)) % 10**8}"
    texts = {**package(code), "sources/总账.yaml": definition(code), "sources/总账.csv": MAPPING}
    with container.database.writing() as uow:
        modelling.apply(uow, ROBOT, texts, name=code)
    return Books(container, code, tmp_path_factory.mktemp("files"))


def texts_of(books: Books) -> tuple[int, dict[str, str]]:
    with books.container.database.reading() as reader:
        model = models.find(reader, books.source)
        return model.revision, models.package(reader, model.id, model.revision)


def add(books: Books, rule: MappingRule = RULE, actor: Principal = LOADER) -> int:
    with books.container.database.writing() as uow:
        return rules.add_rule(uow, actor, source=books.source, rule=rule)


def test_who_may_not_define_sources_adds_no_rule(packed: Books) -> None:
    for grants in (
        (),
        (Grant("integration.load"),),
        (Grant("integration.define", limits={"model": ((Limit("other"),),)}),),
    ):
        with pytest.raises(Forbidden):
            add(packed, actor=Principal(6, "x", "x", grants=grants))


def test_applying_a_package_defines_its_sources_and_another_text_is_their_next_revision(packed: Books) -> None:
    assert packed.upload(voucher("记-1", "300.00")).state == "done"
    number, texts = texts_of(packed)
    texts["sources/总账.csv"] = MAPPING + "机票,660299,,差旅费,=department,\n"
    with packed.container.database.writing() as uow:
        modelling.apply(uow, ROBOT, texts, from_revision=number)
    with packed.container.database.reading() as reader:
        assert queries.source(reader, packed.source)[1] == 2
    assert packed.upload(voucher("记-2", "1.00", account="660299"), name="2.csv").state == "done"
    assert packed.travel() == Decimal("301.00")


def test_a_rule_added_in_the_browser_is_the_next_revision_of_source_and_package(packed: Books) -> None:
    run = packed.upload(voucher("记-1", "300.00"), voucher("记-2", "40.00", account="660299"))
    assert add(packed) == 2
    number, texts = texts_of(packed)
    assert number == 2
    assert texts["sources/总账.csv"] == MAPPING + "机票,660299,,差旅费,=department,\n"
    with packed.container.database.reading() as reader:
        (newest, *_) = models.revisions(reader, ROBOT, packed.source)
    assert (newest.author, newest.reason) == ("it", "总账凭证：映射规则 机票")
    assert packed.reload(run.batch_id or 0).state == "done"
    assert (packed.travel(), packed.desk()) == (Decimal("340.00"), [])


def test_a_source_defined_through_the_api_is_written_into_the_package_that_holds_it(packed: Books) -> None:
    text = definition(packed.source) + "max_rejected: 0.5\n"
    with packed.container.database.writing() as uow:
        commands.define_source(uow, LOADER, definition=text, mapping=MAPPING)
    assert texts_of(packed)[1]["sources/总账.yaml"] == text


def test_a_source_of_no_package_keeps_its_own_revisions(books: Books) -> None:
    assert add(books) == 2
    assert texts_of(books)[0] == 1


def test_a_rule_may_ignore_and_may_need_a_new_column(packed: Books) -> None:
    run = packed.upload(voucher("记-2", "40.00", account="660299").replace("出差", "押金", 1))
    add(packed, rules.rule_of("押金", {"account": "660299"}, {"item": "IGNORE"}, 1))
    batch = packed.batch(packed.reload(run.batch_id or 0).batch_id)
    assert {n: c.lines for n, c in batch.counts.items()} == {"IGNORED": 2}
    wide = rules.with_rule("rule,account,to.item\n甲,1,IGNORE\n", RULE)
    assert wide == "rule,account,to.item,to.org\n甲,1,IGNORE,\n机票,660299,差旅费,=department\n"
    assert rules.with_rule("", RULE).startswith("rule,account,to.item,to.org\n")


def test_what_the_model_does_not_know_is_refused_all_at_once(packed: Books) -> None:
    bad = MappingRule("差旅费", {"planet": "mars"}, {"item": "火箭", "org": "D999", "颜色": "红"})
    with pytest.raises(BadSource) as refused:
        add(packed, bad)
    assert [p.found for p in refused.value.problems] == [
        "rule: 差旅费", "condition: planet", "item: 火箭", "org: D999", "颜色",
    ]  # fmt: skip
    assert texts_of(packed)[0] == 1


def test_faulty_sources_refuse_the_package_and_a_code_belongs_to_one_model(packed: Books) -> None:
    code = f"{packed.source}x"
    texts = package(code)
    more = {
        "sources/a.yaml": "source: a\nmodel: elsewhere\ncube: 费用\nfields: {date: d, amount: a}\n",
        "sources/b.yaml": "source: b\nmodel: " + code + "\ncube: 费用\ncolour: red\nfields: {date: d, amount: a}\n",
        "sources/c.yaml": definition(packed.source).replace(f"model: {packed.source}", f"model: {code}"),
    }
    with packed.container.database.writing() as uow, pytest.raises(BadSource) as refused:
        modelling.apply(uow, ROBOT, texts | more, name=code)
    found = [(p.file, p.code) for p in refused.value.problems]
    assert found == [
        ("sources/a.yaml", "bad_value"),
        ("sources/b.yaml", "unknown_key"),
        ("sources/c.yaml", "code_taken"),
    ]
    with packed.container.database.reading() as reader, pytest.raises(NoSuchSource):
        queries.source(reader, "b")


def test_rules_and_loads_at_once_never_wait_for_each_other_in_a_circle(packed: Books) -> None:
    asked = [packed.ask(voucher(f"记-{n}", "1.00"), name=f"{n}.csv").id for n in range(6)]
    failed: list[BaseException] = []

    def many(work: list[object]) -> None:
        try:
            for one in work:
                if isinstance(one, int):
                    assert packed.carry_out(one).state == "done"
                else:
                    add(packed, one)  # type: ignore[arg-type]
        except BaseException as error:
            failed.append(error)

    new = [rules.rule_of(f"规则{n}", {"account": f"77{n}"}, {"item": "IGNORE"}, 1) for n in range(6)]
    threads = [threading.Thread(target=many, args=(work,)) for work in (asked[:3], asked[3:], new)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert failed == []
    assert (packed.travel(), texts_of(packed)[0]) == (Decimal("6.00"), 7)
