/** English of collaboration, typed by the Chinese. */
import type { Words } from "../../locales/words";
import type { collaborationZh } from "./words.zh";

export const collaborationEn: Words<typeof collaborationZh> = {
  name: "Collaboration",
  title: "Comments",
  empty: "No comments yet.",
  pick: "Pick a cell to see its comments.",
  placeholder: "Write a comment",
  mention: "Mention",
  send: "Send",
  settle: "Mark as settled",
  reopen: "Reopen",
  settled: "Settled",
  open: "Open",
  didSettle: "marked it as settled",
  didReopen: "reopened it",
  failed: "Not sent: {{reason}} What you wrote is still here.",
  notLoaded: "Comments did not load: {{reason}}",
  noAccess: "You cannot see the comments here.",
  others: "Other open comments on this form",
  count: "Comments {{count}}",
  said: "{{count}} said",
};
