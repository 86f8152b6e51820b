/** The page of 编制: one table of a plan version, live. */
export function PlanPage() {
  return <div className="page" />;
}
