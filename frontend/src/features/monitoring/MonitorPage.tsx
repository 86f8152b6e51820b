import { SoonPage } from "../../ui/SoonPage";

export function MonitorPage() {
  return <SoonPage place="monitor" />;
}
