import { SoonPage } from "../../ui/SoonPage";

export function HomePage() {
  return <SoonPage place="home" />;
}
