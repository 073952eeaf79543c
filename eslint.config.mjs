import js from "@eslint/js";

export default [
  { ignores: ["**/node_modules/", "out/", "pkg/mcp_authorize*", "pkg/snippets/", "pkg/wasm/", "target/"] },
  js.configs.recommended,
  {
    files: ["**/*.{js,mjs,jsx}"],
    languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } },
    rules: {
      // tsc knows which names there are, in a page and in Node.js.
      "no-undef": "off",
      // They are what is looked for, in what servers and programs print.
      "no-control-regex": "off",
      "no-empty": ["error", { allowEmptyCatch: true }],
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true, varsIgnorePattern: "^_" }],
      "no-unused-expressions": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": ["error", { destructuring: "all", ignoreReadBeforeAssign: true }],
      eqeqeq: "error",
    },
  },
];
