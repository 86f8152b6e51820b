/** 为什么: every rule of the policy for each line of a document: whether it speaks of it and why, in numbers, with who used it. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { Empty, Failed, Loading } from "../../ui/states";
import { problemText } from "../../ui/problemText";
import { documentRulesQuery, type WeighedRule } from "./deskRequests";
import { yuan } from "./figures";
import { MappingTable } from "./MappingTable";

const SHOWN = 5; // documents named beside a rule

export function DocumentRules({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <section className="card" aria-label={t("control.why.title")}>
      <header>
        <h2>{t("control.why.title")}</h2>
        <Button size="small" type="link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? "control.why.close" : "control.why.open")}
        </Button>
      </header>
      {open && <Rules id={id} />}
    </section>
  );
}

function Rules({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const found = useQuery(documentRulesQuery(id));
  if (found.isPending) return <Loading rows={3} />;
  if (found.error) return <Failed what={problemText(t, asProblem(found.error))} retry={() => void found.refetch()} />;
  if (found.data.lines.length === 0) return <Empty>{t("control.doc.draftOnly")}</Empty>;
  return (
    <div className="card-body doc-why" data-testid="document-rules">
      {found.data.lines.map((line) => (
        <div key={line.line_no}>
          <b>{t("control.form.line", { n: line.line_no })}</b> {line.period} {yuan(line.amount)}
          {line.fault && <p className="unfav small">{line.fault}</p>}
          {line.targets.length > 0 && <MappingTable targets={line.targets} />}
          {line.standards.map((one) => (
            <p key={one.code} className={one.verdict === "ok" ? "small" : "small unfav"}>
              {one.explanation}
            </p>
          ))}
          <ul>
            {line.rules.map((rule) => (
              <Rule key={rule.rule} rule={rule} />
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

function Rule({ rule }: { readonly rule: WeighedRule }) {
  const { t } = useTranslation();
  const uses = rule.row?.documents.slice(0, SHOWN) ?? [];
  return (
    <li data-matched={rule.matched}>
      <b className={rule.matched ? "" : "muted"}>{rule.title}</b> <span className="small muted">{rule.text}</span>
      {rule.row && <p className="small">{rule.row.formula}</p>}
      {rule.row?.linked && <p className="small muted">{rule.row.linked}</p>}
      {rule.row?.coming.map((part) => (
        <p key={part.period} className="small muted">
          {t("control.balance.coming", { period: part.period, amount: yuan(part.amount) })}
        </p>
      ))}
      {rule.hidden && <p className="small muted">{t("control.check.hidden")}</p>}
      {rule.matched && rule.unreleased && <p className="small unfav">{t("control.why.unreleased")}</p>}
      {uses.length > 0 && <p className="small muted">{t("control.why.used", { who: uses.map((one) => `${one.number} ${yuan(one.amount)}`).join(t("control.comma")) })}</p>}
    </li>
  );
}
