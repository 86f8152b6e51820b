/** Executed, committed, reserved and what is asked, on one bar that begins at zero; a tick stands at the budget. */
import { useTranslation } from "react-i18next";
import { compare, amount } from "../../lib/amount";
import { larger, minus, percent, sum, yuan } from "./figures";

interface Props {
  readonly cap: string;
  readonly limit: string | null;
  readonly executed: string;
  readonly committed: string;
  readonly reserved: string;
  readonly asked?: string;
  readonly legend?: boolean;
  readonly slim?: boolean;
}

export function StageBar({ cap, limit, executed, committed, reserved, asked = "0", legend = false, slim = false }: Props) {
  const { t } = useTranslation();
  const used = sum([executed, committed, reserved]);
  const ceiling = limit ?? cap;
  const room = compare(amount(ceiling), used) > 0 ? minus(ceiling, used) : amount("0");
  const covered = compare(amount(asked), room) <= 0 ? amount(asked) : room;
  const over = minus(asked, covered);
  const whole = larger(larger(cap, ceiling), sum([used, asked]));
  const width = (part: string): { width: string } => ({ width: `${percent(part, whole)}%` });
  const said = [t("control.check.executed"), yuan(executed), t("control.check.committed"), yuan(committed), t("control.check.reserved"), yuan(reserved), t("control.check.capLine", { amount: yuan(cap) })];
  return (
    <>
      <div className={slim ? "stage-bar slim" : "stage-bar"} role="img" aria-label={said.join(" ")}>
        <i className="spent" style={width(executed)} />
        <i className="committed" style={width(committed)} />
        <i className="reserved" style={width(reserved)} />
        <i className="covered" style={width(covered)} />
        <i className="over" style={width(over)} />
        {compare(used, amount(ceiling)) > 0 && <b style={{ left: `${percent(ceiling, whole)}%`, right: `${100 - percent(used, whole)}%` }} />}
        <u style={{ left: `${percent(cap, whole)}%` }} />
      </div>
      {legend && (
        <div className="stage-legend small">
          <Key of="spent">{t("control.check.executed")}</Key>
          <Key of="committed">{t("control.check.committed")}</Key>
          <Key of="reserved">{t("control.check.reserved")}</Key>
          {compare(covered, amount("0")) > 0 && <Key of="covered">{t("control.check.covered", { amount: yuan(covered) })}</Key>}
          {compare(over, amount("0")) > 0 && <Key of="over">{t("control.check.exceeds", { amount: yuan(over) })}</Key>}
          <span className="spring" />
          <span className="muted">{t("control.check.capLine", { amount: yuan(cap) })}</span>
        </div>
      )}
    </>
  );
}

function Key({ of, children }: { readonly of: string; readonly children: React.ReactNode }) {
  return (
    <span>
      <i className={`dot ${of}`} aria-hidden="true" />
      {children}
    </span>
  );
}
