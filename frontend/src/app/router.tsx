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
import { SignInPage } from "../features/access/SignInPage";
import { readContext } from "../lib/usePageContext";
import { Frame } from "./Frame";
import { CrashPage, NotFoundPage } from "./lastResort";
import { PATH_OF, type Place } from "./places";
import { SoonPage } from "./SoonPage";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage, errorComponent: CrashPage });

function SignIn() {
  const { next } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  return <SignInPage onDone={() => void navigate({ href: next ?? PATH_OF.prepare })} />;
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

const soon = (place: Exclude<Place, "prepare">) =>
  createRoute({ getParentRoute: () => frame, path: PATH_OF[place], component: () => <SoonPage place={place} /> });

const prepare = createRoute({
  getParentRoute: () => frame,
  path: "/prepare",
  component: lazyRouteComponent(() => import("../features/planning/PlanPage"), "PlanPage"),
});

const tree = root.addChildren([
  signInRoute,
  frame.addChildren([
    prepare,
    ...(["home", "target", "approve", "spend", "monitor", "analyse", "adjust", "forecast", "connect", "model", "admin"] as const).map(soon),
  ]),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: false, scrollRestoration: false });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
