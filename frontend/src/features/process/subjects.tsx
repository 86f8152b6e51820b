/**
 * What a reviewer sees of each kind of thing that flows move. A feature adds its kind here with one line; its component gets
 * the case and shows figure, difference and details, and nothing where the reader may see nothing.
 */
import { type ComponentType, lazy, type LazyExoticComponent } from "react";
import type { CaseDetail } from "./requests";

export interface SubjectProps {
  readonly subject: CaseDetail;
}

type SubjectView = LazyExoticComponent<ComponentType<SubjectProps>>;

export const SUBJECT_VIEWS: Readonly<Record<string, SubjectView>> = {
  document: lazy(async () => ({ default: (await import("../control/DocumentReview")).DocumentReview })),
  exception: lazy(async () => ({ default: (await import("../control/ExceptionReview")).ExceptionReview })),
  transfer: lazy(async () => ({ default: (await import("../monitoring/TransferReview")).TransferReview })),
  plan_unit: lazy(async () => ({ default: (await import("../entry/UnitReview")).UnitReview })),
};
