/** Keeps open work and notices current: one stream for the whole page, whatever looks at them. */
import { useQueryClient } from "@tanstack/react-query";
import { useLiveEvents } from "../../api/events";
import { workChanged } from "./requests";

export function useWorkEvents(): void {
  const client = useQueryClient();
  useLiveEvents(["todo", "inbox"], () => void workChanged(client));
}
