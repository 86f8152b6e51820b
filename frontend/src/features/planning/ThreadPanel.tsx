/** The panel of comments: the thread of the cell under the cursor, then the other open threads of this form. */
import { useTranslation } from "react-i18next";
import type { CellRef } from "../../grid/model/cell";
import type { Sheet } from "../../grid/model/sheet";
import { Icon } from "../../ui/icons";
import { Thread } from "../collaboration/Thread";
import type { SubjectRef } from "../collaboration/requests";
import type { CellMark } from "./comments";

interface Props {
  readonly about: SubjectRef | null;
  readonly cell: CellRef | null;
  readonly marks: readonly CellMark[];
  readonly sheet: Sheet;
  readonly onGoTo: (ref: CellRef) => void;
  readonly onClose: () => void;
}

export function ThreadPanel({ about, cell, marks, sheet, onGoTo, onClose }: Props) {
  const { t } = useTranslation();
  const others = marks.filter((mark) => mark.ref.row !== cell?.row || mark.ref.column !== cell.column);
  return (
    <aside className="side" aria-label={t("collaboration.title")} data-testid="thread-panel">
      <header>
        <h2>{t("collaboration.title")}</h2>
        <button type="button" className="plain close" aria-label={t("panel.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <section>{about ? <Thread about={about} /> : t("collaboration.pick")}</section>
      {others.length > 0 && (
        <section>
          <h3>{t("collaboration.others")}</h3>
          <ul className="thread-others">
            {others.map((mark) => (
              <li key={`${mark.ref.row} ${mark.ref.column}`}>
                <button type="button" onClick={() => onGoTo(mark.ref)}>
                  <span>
                    {sheet.row(mark.ref.row)?.label} · {sheet.column(mark.ref.column)?.fullName}
                  </span>
                  <span className="muted">{t("collaboration.said", { count: mark.said })}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </aside>
  );
}
