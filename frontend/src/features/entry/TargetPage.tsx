import { SoonPage } from "../../ui/SoonPage";

export function TargetPage() {
  return <SoonPage place="target" />;
}
