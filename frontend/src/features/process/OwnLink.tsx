/** A link to an address that came as text, such as a todo's: the page's context (unit, version …) stays where it says nothing. */
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { withSearch } from "../../lib/search";

interface Parts {
  readonly to: string;
  readonly search: ReturnType<typeof withSearch>;
}

function partsOf(link: string): Parts {
  const url = new URL(link, location.origin);
  const asked = Object.fromEntries([...url.searchParams].map(([key, value]) => [key, /^\d+$/.test(value) ? Number(value) : value]));
  return { to: url.pathname, search: withSearch(asked) };
}

export function OwnLink({ link, children }: { readonly link: string; readonly children: ReactNode }) {
  const { to, search } = partsOf(link);
  return (
    <Link to={to} search={search}>
      {children}
    </Link>
  );
}

export function useFollow(): (link: string) => void {
  const navigate = useNavigate();
  return (link) => void navigate(partsOf(link));
}
