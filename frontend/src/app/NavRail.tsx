/** The rail: the eight stages on one closed line, and the places around it. */
import { Link, useRouterState } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Icon } from "../ui/icons";
import { AROUND, ICON_OF, LOOP, PATH_OF, type Place } from "./places";

const STEP = 34;

function LoopLine({ at }: { readonly at: number }) {
  const height = STEP * LOOP.length;
  return (
    <svg width="20" height={height} viewBox={`0 0 20 ${height}`} fill="none" aria-hidden="true">
      <rect x="2" y={STEP / 2} width="9" height={height - STEP} rx="4.5" stroke="#cfd7e4" strokeWidth="1.5" />
      {LOOP.map((stage, i) =>
        i === at ? (
          <circle key={stage} cx="11" cy={STEP * (i + 0.5)} r="4" fill="#2456c8" stroke="#eef3fd" strokeWidth="2" />
        ) : (
          <circle key={stage} cx="11" cy={STEP * (i + 0.5)} r="2.6" fill="#fff" stroke="#9aa8be" strokeWidth="1.5" />
        ),
      )}
    </svg>
  );
}

/** A page below a place belongs to it. */
const isAt = (path: string, place: Place): boolean => path === PATH_OF[place] || (place !== "home" && path.startsWith(`${PATH_OF[place]}/`));

interface Props {
  readonly open: boolean;
  readonly businessDate: string | undefined;
  readonly counts: Readonly<Record<string, number>>; // my open work by place
  readonly onFollow: () => void;
}

export function NavRail({ open, businessDate, counts, onFollow }: Props) {
  const { t } = useTranslation();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const link = (place: Place, icon?: React.ReactNode) => (
    <Link
      to={PATH_OF[place]}
      className={isAt(path, place) ? "active" : ""}
      aria-current={isAt(path, place) ? "page" : undefined}
      onClick={onFollow}
    >
      {icon}
      {t(`nav.${place}`)}
      {counts[place] && (
        <b className="count" aria-label={t("nav.openWork", { count: counts[place] })}>
          {counts[place]}
        </b>
      )}
    </Link>
  );
  return (
    <nav className="rail" id="rail" aria-label={t("nav.main")} data-open={open} data-testid="rail">
      {link("home", <Icon name={ICON_OF.home} />)}
      <ol aria-label={t("nav.loop")}>
        <LoopLine at={LOOP.findIndex((stage) => isAt(path, stage))} />
        {LOOP.map((stage) => (
          <li key={stage}>{link(stage)}</li>
        ))}
      </ol>
      <hr />
      {AROUND.map((place) => (
        <div key={place}>{link(place, <Icon name={ICON_OF[place]} />)}</div>
      ))}
      {businessDate && (
        <div className="foot">
          {t("nav.businessDate")}
          <br />
          <time dateTime={businessDate}>{businessDate}</time>
        </div>
      )}
    </nav>
  );
}
