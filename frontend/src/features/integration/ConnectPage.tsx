import { SoonPage } from "../../ui/SoonPage";

export function ConnectPage() {
  return <SoonPage place="connect" />;
}
