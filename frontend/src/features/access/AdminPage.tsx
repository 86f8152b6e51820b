import { SoonPage } from "../../ui/SoonPage";

export function AdminPage() {
  return <SoonPage place="admin" />;
}
