import { SoonPage } from "../../ui/SoonPage";

export function ModelPage() {
  return <SoonPage place="model" />;
}
