/** A table of organisations × key items with a tree in its first column; what stands in the other columns is the caller's. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { type Line, shownLines } from "./tree";

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly width: number;
  readonly cell: (line: Line) => ReactNode;
}

interface Props {
  readonly caption: string;
  readonly first: string;
  readonly lines: readonly Line[];
  readonly open: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
  readonly columns: readonly Column[];
  readonly firstWidth?: number;
  readonly editable?: boolean;
  readonly mark?: (line: Line) => ReactNode;
}

export function LineTable({ caption, first, lines, open, onToggle, columns, firstWidth = 240, editable = false, mark }: Props) {
  return (
    <div className="line-table-host">
      <table className="line-table" data-editable={editable}>
        <caption className="hidden-text">{caption}</caption>
        <colgroup>
          <col style={{ width: firstWidth }} />
          {columns.map((column) => (
            <col key={column.id} style={{ width: column.width }} />
          ))}
          <col />
        </colgroup>
        <thead>
          <tr>
            <th scope="col" className="first">
              {first}
            </th>
            {columns.map((column) => (
              <th key={column.id} scope="col" className="number">
                {column.title}
              </th>
            ))}
            <td aria-hidden="true" />
          </tr>
        </thead>
        <tbody>
          {shownLines(lines, open).map((line) => (
            <tr key={line.id} data-heading={line.heading} data-level={line.level} data-line={line.id}>
              <th scope="row" className="first" style={{ paddingLeft: 12 + line.level * 16 }}>
                <span className="line-name">
                  <Toggle line={line} open={open.has(line.id)} onToggle={onToggle} />
                  <span title={line.name}>{line.name}</span>
                  {mark?.(line)}
                </span>
              </th>
              {columns.map((column) => (
                <td key={column.id} className="number" data-column={column.id}>
                  {column.cell(line)}
                </td>
              ))}
              <td aria-hidden="true" />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Toggle({ line, open, onToggle }: { readonly line: Line; readonly open: boolean; readonly onToggle: (id: string) => void }) {
  const { t } = useTranslation();
  if (!line.hasChildren) return <i className="no-toggle" />;
  return (
    <button type="button" className="plain toggle" aria-expanded={open} aria-label={t("entry.toggle", { name: line.name })} onClick={() => onToggle(line.id)}>
      <Icon name={open ? "down" : "right"} size={12} />
    </button>
  );
}

export function toggled(set: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}
