/** Period codes as people say them. Codes of other shapes are shown as they are. */

export interface PeriodWords {
  readonly english: boolean;
  readonly year: string;
  readonly only: string; // heading of the only column of items without period
  readonly beside?: string; // why a comparison cannot be edited
}

const QUARTERS = ["一季度", "二季度", "三季度", "四季度"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

export function periodNames(code: string, kind: string, words: PeriodWords): { readonly label: string; readonly full: string } {
  if (kind === "none") return { label: words.only, full: words.only };
  const month = /^(\d{4})-(\d{2})$/.exec(code);
  if (month) return monthNames(month[1] ?? "", Number(month[2]), words.english);
  const quarter = /^(\d{4})Q([1-4])$/.exec(code);
  if (quarter) return quarterNames(quarter[1] ?? "", Number(quarter[2]), words.english);
  const year = /^(?:FY)?(\d{4})$/.exec(code);
  if (year) return words.english ? { label: code, full: code } : { label: `${year[1] ?? ""}${words.year}`, full: `${year[1] ?? ""}年` };
  return { label: code, full: code };
}

function monthNames(year: string, month: number, english: boolean) {
  const name = MONTHS[month - 1] ?? String(month);
  return english ? { label: name, full: `${name} ${year}` } : { label: `${month}月`, full: `${year}年${month}月` };
}

function quarterNames(year: string, quarter: number, english: boolean) {
  const name = QUARTERS[quarter - 1] ?? "";
  return english ? { label: `Q${quarter}`, full: `Q${quarter} ${year}` } : { label: name, full: `${year}年${name}` };
}
