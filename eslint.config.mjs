import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import globals from "globals";
import ts from "typescript-eslint";

// The arrows of the architecture: core knows nothing of Pulumi, sdk nothing of core.
const forbid = (group, message) => ({
  "no-restricted-imports": ["error", { patterns: [{ group, message }] }],
});

export default ts.config(
  { ignores: ["dist/", ".setup/", "**/node_modules/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    ignores: ["examples/**"],
    extends: [ts.configs.recommended],
    languageOptions: {
      parserOptions: {
        project: "./tsconfig.json",
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-expressions": "error",
    },
  },
  {
    files: ["examples/**/*.ts"],
    extends: [ts.configs.recommended],
  },
  {
    files: ["tests/**/*.ts"],
    rules: {
      // chai's assertions are expressions
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  {
    files: ["core/**/*.ts"],
    rules: forbid(
      ["@pulumi/*", "**/provider/**", "**/sdk/**", "**/cli/**", "**/engine/**"],
      "core is free of Pulumi and of those who use it",
    ),
  },
  {
    files: ["sdk/**/*.ts"],
    rules: forbid(
      ["**/core/**", "**/provider/**", "ssh2", "node-zookeeper-client", "zod"],
      "sdk is loaded by every program: it imports nothing heavy",
    ),
  },
  {
    files: ["**/*.js"],
    languageOptions: { globals: globals.node, sourceType: "commonjs" },
  },
  prettier,
);
