import { SoonPage } from "../../ui/SoonPage";

export function SpendPage() {
  return <SoonPage place="spend" />;
}
