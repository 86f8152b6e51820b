import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Layers of src/, lowest first: a file imports only from its own layer or a lower one; features do not import each other. */
const forbid = (...folders) => ["error", { patterns: folders.map((f) => ({ group: [`**/${f}/**`], message: `layers: lib < api, ui < grid < features < app` })) }];

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.d.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: ["./tsconfig.app.json", "./tsconfig.node.json"] } },
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "max-lines": ["error", { max: 400, skipBlankLines: true }],
      eqeqeq: "error",
    },
  },
  { files: ["src/lib/**"], rules: { "no-restricted-imports": forbid("api", "ui", "grid", "features", "app") } },
  { files: ["src/api/**", "src/ui/**"], rules: { "no-restricted-imports": forbid("grid", "features", "app") } },
  { files: ["src/grid/**"], rules: { "no-restricted-imports": forbid("features", "app", "api") } },
  { files: ["src/features/**"], rules: { "no-restricted-imports": forbid("app") } },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
