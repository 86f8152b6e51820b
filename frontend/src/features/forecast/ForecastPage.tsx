import { SoonPage } from "../../ui/SoonPage";

export function ForecastPage() {
  return <SoonPage place="forecast" />;
}
