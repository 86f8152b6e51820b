/** Words by key, a group within a group. */
export interface Tree {
  readonly [key: string]: string | Tree;
}

/** The shape English must fill: same keys, any words. */
export type Words<T> = { readonly [K in keyof T]: T[K] extends string ? string : Words<T[K]> };
