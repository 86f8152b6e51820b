import { SoonPage } from "../../ui/SoonPage";

export function AdjustPage() {
  return <SoonPage place="adjust" />;
}
