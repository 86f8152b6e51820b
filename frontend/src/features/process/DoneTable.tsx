/** What I decided, newest first. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { asProblem } from "../../api/problem";
import { withSearch } from "../../lib/search";
import { clockTime } from "../../lib/times";
import { problemText } from "../../ui/problemText";
import { Empty, Failed, Loading } from "../../ui/states";
import { doneQuery } from "./requests";
import { subjectWord } from "./spoken";
import { ActTag, StatusTag } from "./StatusTag";

export function DoneTable() {
  const { t } = useTranslation();
  const done = useQuery(doneQuery());
  if (done.error) return <Failed what={t("process.load", { reason: problemText(t, asProblem(done.error)) })} retry={() => void done.refetch()} />;
  if (!done.data) return <Loading rows={6} />;
  if (done.data.length === 0) return <Empty>{t("process.none.done")}</Empty>;
  return (
    <ul className="started" data-testid="done">
      {done.data.map((one) => (
        <li key={one.id}>
          <Link to="/approve" search={withSearch({ case: one.instance_id, list: "done" })} className="what">
            <span className="muted">{subjectWord(t, one.subject_kind)}</span> {one.title}
          </Link>
          <ActTag action={one.action ?? ""} />
          <StatusTag status={one.status} />
          <time className="number muted">{clockTime(one.ended_at)}</time>
        </li>
      ))}
    </ul>
  );
}
