import { SoonPage } from "../../ui/SoonPage";

export function AnalysePage() {
  return <SoonPage place="analyse" />;
}
