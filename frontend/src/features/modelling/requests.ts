/** Every request of modelling: its key and its call. */
import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];

export type Cube = Schemas["CubeOut"];
export type Item = Cube["items"][number];
export type Dimension = Schemas["DimensionOut"];
export type Member = Schemas["MemberOut"];
export type Formulas = Schemas["ItemFormulasOut"];
export type Hint = Schemas["HintOut"];
export type ItemRef = Schemas["ItemRefOut"];

export const formulasQuery = (code: string) =>
  queryOptions({ queryKey: ["model", code, "formulas"], queryFn: () => answer(api.GET("/api/v1/models/{code}/formulas", { params: { path: { code } } })) });

export const hintsQuery = (code: string, revision: number) =>
  queryOptions({ queryKey: ["model", code, "lint", revision], queryFn: () => answer(api.GET("/api/v1/models/{code}/lint", { params: { path: { code } } })) });

export const treeQuery = (code: string, dimension: string, tree: string) =>
  queryOptions({
    queryKey: ["members", code, dimension, tree],
    queryFn: () => answer(api.GET("/api/v1/models/{code}/members", { params: { path: { code }, query: { dimension, tree } } })),
  });

export const revisionsQuery = (code: string) =>
  queryOptions({ queryKey: ["model", code, "revisions"], queryFn: () => answer(api.GET("/api/v1/models/{code}/revisions", { params: { path: { code } } })) });
