import { SoonPage } from "../../ui/SoonPage";

export function ApprovePage() {
  return <SoonPage place="approve" />;
}
