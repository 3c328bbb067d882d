import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { parseSources } from "@/testing/sources";

const SHEETS = fileURLToPath(new URL("../../node_modules/@mantine/core/styles/", import.meta.url));
const SOURCES = parseSources(fileURLToPath(new URL("..", import.meta.url)));
const PAGE = readFileSync(fileURLToPath(new URL("mantine.css", import.meta.url)), "utf8");

function importsOf(source: ts.SourceFile) {
  return source.statements.filter(ts.isImportDeclaration).map((each) => ({
    from: (each.moduleSpecifier as ts.StringLiteral).text,
    names: each.importClause?.namedBindings?.getText().match(/\w+/g) ?? [],
  }));
}

test("every component of Mantine that is used has its style sheet", () => {
  const imports = SOURCES.flatMap(importsOf);
  const used = imports.filter(({ from }) => from === "@mantine/core").flatMap(({ names }) => names);
  const loaded = PAGE + imports.map(({ from }) => from).join();
  const bare = [...new Set(used)].filter(
    (name) => existsSync(`${SHEETS}${name}.layer.css`) && !loaded.includes(`/${name}.layer.css`),
  );
  expect(bare).toEqual([]);
});
