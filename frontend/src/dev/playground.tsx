/** The grid alone, on made-up figures: for working on it (`npm run dev`, then /dev/grid.html?rows=2000). Not in the build. */
import { App, ConfigProvider } from "antd";
import { createRoot } from "react-dom/client";
import { theme } from "../app/theme";
import { CubeGrid } from "../grid/CubeGrid";
import { type Cell, type Column, type Key, keyOf, type Row } from "../grid/model/cell";
import { Sheet } from "../grid/model/sheet";
import { amount } from "../lib/amount";
import { startLanguages } from "../lib/languages";
import "../styles/tokens.css";
import "../styles/frame.css";
import "../styles/plan.css";

const columns: Column[] = [
  { id: "Y", label: "2027预算", fullName: "2027年", parent: null, total: true },
  ...[1, 2, 3, 4].flatMap((q) => [
    { id: `Q${q}`, label: `${"一二三四".charAt(q - 1)}季度`, fullName: `2027年${q}季度`, parent: "Y", total: true },
    ...[1, 2, 3].map((m) => ({ id: `M${q * 3 - 3 + m}`, label: `${q * 3 - 3 + m}月`, fullName: `2027年${q * 3 - 3 + m}月`, parent: `Q${q}`, total: false })),
  ]),
];

function makeRows(count: number): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const level = i === 0 ? 0 : i % 5 === 1 ? 1 : 2;
    const parent = level === 0 ? null : level === 1 ? "r0" : `r${i - ((i - 1) % 5)}`;
    return { id: `r${i}`, label: level === 0 ? "部门费用合计" : level === 1 ? `人工成本${i}` : `工资薪金${i}`, level, parent, measure: { kind: "money", places: 0 }, scale: 2, unit: "元", computed: i % 7 === 5 } as const;
  });
}

const ERRORS = ["div0", "noRate", "na"] as const;

function makeCell(r: number, row: Row, column: Column): Cell {
  const seed = (r * 7919 + column.id.length * 104729 + Number(column.id.replace(/\D/g, "") || 7) * 31) % 1000;
  const base = { reason: null, partial: false } as const;
  if (r % 11 === 9 && column.id === "M3") return { ...base, amount: null, state: ERRORS[seed % 3] ?? "na", access: "computed" };
  if (!column.total && seed % 9 === 0) return { ...base, amount: null, state: "blank", access: "input" };
  const access = column.total ? "total" : row.level < 2 ? "total" : row.computed ? "computed" : r % 6 === 2 ? "locked" : "input";
  return { ...base, amount: amount(seed % 13 === 0 ? "0" : String((seed % 17 === 0 ? -1 : 1) * seed * 120.5)), state: "value", access };
}

const rows = makeRows(Number(new URLSearchParams(location.search).get("rows") ?? 30));
const cells = new Map<Key, Cell>(rows.flatMap((row, r) => columns.map((column) => [keyOf({ row: row.id, column: column.id }), makeCell(r, row, column)] as const)));
const sheet = new Sheet({ rows, columns, cells });
Object.assign(window, { sheet });
sessionStorage.setItem("bihuan.test", "1");

function Playground() {
  const { message } = App.useApp();
  const say = (text: string) => void message.info(text);
  return (
    <div style={{ height: "100vh", display: "flex" }}>
      <CubeGrid
        sheet={sheet} unit="wan" compact={false} handle={null}
        onActive={() => undefined}
        onComment={() => undefined}
        onExplain={(ref) => say(`${ref.row} ${ref.column}`)}
        onPasted={(report) => say(JSON.stringify(report))}
        onRefused={(ref) => say(`refused ${ref.row}`)}
        onNotNumber={(text) => say(`bad ${text}`)}
        onSave={() => say(JSON.stringify(sheet.changes()))}
      />
    </div>
  );
}

await startLanguages();
const place = document.getElementById("root");
if (place)
  createRoot(place).render(
    <ConfigProvider theme={theme}>
      <App component={false}>
        <Playground />
      </App>
    </ConfigProvider>,
  );
