/** The lines of the desk: what was found, what is expected, and the line itself, its fields corrected in place. */
import { Button, Checkbox } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { fen } from "./figures";
import type { Rejected } from "./requests";

interface Mend {
  readonly record: number;
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

interface Props {
  readonly lines: readonly Rejected[];
  readonly more: number;
  readonly fields: Readonly<Record<string, string>>; // our field -> the file's column
  readonly may: boolean;
  readonly picked: ReadonlySet<number>;
  readonly onPick: (records: ReadonlySet<number>) => void;
  readonly onMend: (mend: Mend) => void;
  readonly onTakeBack: (line: Rejected) => void;
}

export function DeskTable({ lines, more, fields, may, picked, onPick, onMend, onTakeBack }: Props) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState("");
  const [left, setLeft] = useState(""); // the cell whose editor was left by the keyboard: the focus stays there
  const columns = Object.entries(fields);
  const all = lines.length > 0 && lines.every((line) => picked.has(line.record));
  const toggle = (record: number): void => {
    const next = new Set(picked);
    if (!next.delete(record)) next.add(record);
    onPick(next);
  };
  return (
    <>
      <div className="table-scroll">
        <table className="lines" data-testid="desk">
          <thead>
            <tr>
              {may && (
                <th>
                  <Checkbox aria-label={t("integration.desk.selectAll")} checked={all} indeterminate={picked.size > 0 && !all} onChange={() => onPick(new Set(all ? [] : lines.map((line) => line.record)))} />
                </th>
              )}
              <th className="number">{t("integration.desk.record")}</th>
              <th>{t("integration.desk.reason")}</th>
              <th className="number">{t("integration.desk.amount")}</th>
              {columns.map(([field, column]) => (
                <th key={field} className={field === "debit" || field === "credit" || field === "amount" ? "number" : ""}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.record} data-record={line.record} data-picked={picked.has(line.record)} data-ignored={line.ignored !== null}>
                {may && (
                  <td>
                    <Checkbox aria-label={t("integration.desk.select", { record: line.record })} checked={picked.has(line.record)} onChange={() => toggle(line.record)} />
                  </td>
                )}
                <td className="number">{line.record}</td>
                <td className="reason">
                  <Reason line={line} may={may} onTakeBack={onTakeBack} />
                </td>
                <td className="number">{line.amount === null ? <span className="why small">{t("integration.desk.unreadable")}</span> : fen(line.amount)}</td>
                {columns.map(([field]) => (
                  <Field
                    key={field}
                    line={line}
                    field={field}
                    column={fields[field] ?? field}
                    may={may}
                    editing={editing === `${line.record} ${field}`}
                    onOpen={() => setEditing(`${line.record} ${field}`)}
                    refocus={left === `${line.record} ${field}`}
                    onClose={(byKey) => {
                      setEditing("");
                      setLeft(byKey ? `${line.record} ${field}` : "");
                    }}
                    onMend={onMend}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && <p className="muted small more">{t("integration.desk.more", { count: more })}</p>}
    </>
  );
}

function Reason({ line, may, onTakeBack }: { readonly line: Rejected; readonly may: boolean; readonly onTakeBack: (line: Rejected) => void }) {
  const { t } = useTranslation();
  const dealt = line.ignored !== null ? t("integration.desk.ignored", { reason: line.ignored }) : line.mended.length > 0 ? t("integration.desk.mended", { count: line.mended.length }) : "";
  const remedy = line.remedy ? t(`integration.remedy.${line.outcome as "UNMAPPED"}`) : "";
  if (dealt)
    return (
      <>
        <span className="tag" data-tone="info">
          <Icon name={line.ignored === null ? "pen" : "close"} />
          {dealt}
        </span>
        {may && (
          <Button type="link" size="small" onClick={() => onTakeBack(line)}>
            {t("integration.desk.takeBack")}
          </Button>
        )}
      </>
    );
  return (
    <>
      <div>{t(`integration.outcome.${line.outcome as "UNMAPPED"}`)}</div>
      <div className="muted small">{remedy && t("integration.desk.expected", { remedy })}</div>
    </>
  );
}

/** The field that is wrong; where a dimension has no such member, the code that was taken for it. */
function isAtFault(line: Rejected, field: string): boolean {
  if (line.outcome === "VOUCHER_REJECTED") return false;
  const code = !(line.field in line.fields) && line.value !== "" && line.fields[field] === line.value;
  return line.field === field || code;
}

interface FieldProps {
  readonly line: Rejected;
  readonly field: string;
  readonly column: string;
  readonly may: boolean;
  readonly editing: boolean;
  readonly onOpen: () => void;
  readonly refocus: boolean;
  readonly onClose: (byKey: boolean) => void;
  readonly onMend: (mend: Mend) => void;
}

function Field({ line, field, column, may, editing, refocus, onOpen, onClose, onMend }: FieldProps) {
  const { t } = useTranslation();
  const stands = line.fields[field];
  const number = field === "debit" || field === "credit" || field === "amount";
  const looks = { className: number ? "number" : "", "data-field": field, "data-bad": isAtFault(line, field), "data-mended": line.mended.includes(field) };
  if (stands === undefined || !may) return <td {...looks}>{stands}</td>;
  if (editing)
    return (
      <td {...looks}>
        <input
          className="field-input"
          aria-label={`${column} ${line.record}`}
          defaultValue={stands}
          ref={(input) => input?.focus()}
          onFocus={(event) => event.target.select()}
          onKeyDown={(event) => {
            if (event.key !== "Enter" && event.key !== "Escape") return;
            event.preventDefault(); // or the key would press the cell's button, which has the focus next
            if (event.key === "Enter") save(event.currentTarget.value, true);
            else onClose(true);
          }}
          onBlur={(event) => save(event.currentTarget.value, false)}
        />
      </td>
    );
  return (
    <td {...looks}>
      <button type="button" autoFocus={refocus} className="plain field" aria-label={`${column} ${line.record}: ${stands || t("integration.desk.blank")}`} onClick={onOpen}>
        {stands || "\u00a0"}
      </button>
    </td>
  );

  function save(text: string, byKey: boolean): void {
    onClose(byKey);
    if (text.trim() !== (stands ?? "").trim()) onMend({ record: line.record, field, before: stands ?? "", after: text.trim() });
  }
}
