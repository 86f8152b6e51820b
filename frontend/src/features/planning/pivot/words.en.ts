/** English of the pivot page, typed by the Chinese. */
import type { Words } from "../../../locales/words";
import type { pivotZh } from "./words.zh";

export const pivotEn: Words<typeof pivotZh> = {
  title: "Pivot",
  back: "Back to prepare",
  looking: "This page is for looking; change figures on the prepare page.",
  noRight: "You cannot see plan figures. It needs the right to read plans; ask an administrator.",
  layout: "Layout",
  table: "Cube",
  items: "Items",
  allItems: "All items",
  rows: "Rows",
  tree: "Hierarchy",
  root: "Starting at",
  fromTop: "From the top",
  page: "Page",
  toRows: "{{name}}: put on rows",
  dropHere: "Drag a dimension here to put it on rows",
  grain: "Periods",
  grains: { all: "Periods with totals", base: "Periods only" },
  filled: "Leave out empty rows",
  expand: "Expand to",
  level: "Level {{level}}",
  leaves: "Leaves",
  explain: "Why this number",
  export: "Export to Excel",
  share: "Copy link",
  shared: "Link copied. Others see it within their own rights.",
  notShared: "Could not copy; take it from the address bar.",
  empty: "No figures here. Choose another member, or show empty rows.",
  nothing: "There are no rows here that you may see.",
};
