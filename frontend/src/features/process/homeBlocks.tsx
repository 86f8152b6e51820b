/** Blocks that other features put on the 工作台; each shows nothing at all where the person has nothing to see. */
import { type ComponentType, lazy, Suspense } from "react";

interface Block {
  readonly place: "main" | "side";
  readonly Component: ComponentType;
}

const BLOCKS: readonly Block[] = [
  { place: "main", Component: lazy(async () => ({ default: (await import("../entry/CycleProgress")).CycleProgress })) },
  { place: "side", Component: lazy(async () => ({ default: (await import("../monitoring/ExecutionCard")).ExecutionCard })) },
];

export function HomeBlocks({ place }: { readonly place: Block["place"] }) {
  return (
    <Suspense fallback={null}>
      {BLOCKS.filter((block) => block.place === place).map(({ Component }, i) => (
        <Component key={i} />
      ))}
    </Suspense>
  );
}

