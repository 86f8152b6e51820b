/** Addresses and what they show. Everything but the sign-in page is inside the frame and needs a session. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
  useNavigate,
  useSearch,
} from "@tanstack/react-router";
import { session } from "../api/session";
import { readForecastSearch } from "../features/forecast/search";
import { SignInPage } from "../features/access/SignInPage";
import { readAdjust, readMonitor } from "../features/monitoring/search";
import { readConnect } from "../features/integration/search";
import { readModel } from "../features/modelling/search";
import { readBranches } from "../features/planning/branches/search";
import { readPivot } from "../features/planning/pivot/search";
import { readContext } from "../lib/usePageContext";
import { Frame } from "./Frame";
import { CrashPage, NotFoundPage } from "./lastResort";
import { PATH_OF } from "./places";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage, errorComponent: CrashPage });

function SignIn() {
  const { next } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  return <SignInPage onDone={() => void navigate({ href: next ?? PATH_OF.home })} />;
}

/** Only addresses of our own pages: "//elsewhere" and absolute ones are not followed. */
const ownAddress = (value: unknown): string | undefined =>
  typeof value === "string" && /^\/(?![/\\])/.test(value) && !value.startsWith("/sign-in") ? value : undefined;

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } => {
    const next = ownAddress(search["next"]);
    return next === undefined ? {} : { next };
  },
  component: SignIn,
});

const frame = createRoute({
  getParentRoute: () => root,
  id: "frame",
  validateSearch: readContext,
  search: { middlewares: [retainSearchParams(["model", "version", "org", "unit", "table"])] },
  beforeLoad: ({ location }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if (session.get().kind === "out") throw redirect({ to: "/sign-in", search: { next: location.href } });
  },
  component: Frame,
});

const prepare = createRoute({
  getParentRoute: () => frame,
  path: "/prepare",
  component: lazyRouteComponent(() => import("../features/planning/PlanPage"), "PlanPage"),
});

const versions = createRoute({
  getParentRoute: () => frame,
  path: `${PATH_OF.prepare}/versions`,
  validateSearch: readBranches,
  component: lazyRouteComponent(() => import("../features/planning/branches/BranchesPage"), "BranchesPage"),
});

const pivot = createRoute({
  getParentRoute: () => frame,
  path: `${PATH_OF.prepare}/pivot`,
  validateSearch: readPivot,
  component: lazyRouteComponent(() => import("../features/planning/pivot/PivotPage"), "PivotPage"),
});

const target = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.target,
  component: lazyRouteComponent(() => import("../features/entry/TargetPage"), "TargetPage"),
});

const targetSummary = createRoute({
  getParentRoute: () => frame,
  path: `${PATH_OF.target}/summary`,
  component: lazyRouteComponent(() => import("../features/entry/SummaryPage"), "SummaryPage"),
});

const approve = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.approve,
  component: lazyRouteComponent(() => import("../features/process/ApprovePage"), "ApprovePage"),
});

const spend = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.spend,
  component: lazyRouteComponent(() => import("../features/control/SpendPage"), "SpendPage"),
});

const monitor = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.monitor,
  validateSearch: readMonitor,
  component: lazyRouteComponent(() => import("../features/monitoring/MonitorPage"), "MonitorPage"),
});

const analyse = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.analyse,
  validateSearch: readMonitor,
  component: lazyRouteComponent(() => import("../features/analysis/AnalysePage"), "AnalysePage"),
});

const forecast = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.forecast,
  validateSearch: readForecastSearch,
  component: lazyRouteComponent(() => import("../features/forecast/ForecastPage"), "ForecastPage"),
});

const connect = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.connect,
  validateSearch: readConnect,
  component: lazyRouteComponent(() => import("../features/integration/ConnectPage"), "ConnectPage"),
});

const model = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.model,
  validateSearch: readModel,
  component: lazyRouteComponent(() => import("../features/modelling/ModelPage"), "ModelPage"),
});

const admin = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.admin,
  component: lazyRouteComponent(() => import("../features/access/AdminPage"), "AdminPage"),
});

const adjust = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.adjust,
  validateSearch: readAdjust,
  component: lazyRouteComponent(() => import("../features/monitoring/AdjustPage"), "AdjustPage"),
});

const home = createRoute({
  getParentRoute: () => frame,
  path: PATH_OF.home,
  component: lazyRouteComponent(() => import("../features/process/HomePage"), "HomePage"),
});

const tree = root.addChildren([
  signInRoute,
  frame.addChildren([home, target, targetSummary, prepare, versions, pivot, approve, spend, monitor, analyse, adjust, forecast, connect, model, admin]),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: false, scrollRestoration: false });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
