import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** A place in the sources where something is said. */
export interface Saying {
  place: string;
  /** null where it is put together, so that nobody can tell beforehand. */
  words: string | null;
}

const HEARD = new Set(["label", "aria-label", "title", "hint", "legend", "placeholder", "alt"]);
/** What is the same in every language. */
const NAMES = /^Limner$/;

/** Parses every source of a folder, but for tests and what is generated. */
export function parseSources(folder: string): ts.SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|^testing|^api.gen/.test(name))
    .map((name) => {
      const kind = name.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
      const text = readFileSync(join(folder, name), "utf8");
      return ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, kind);
    });
}

/** Everything that goes through `t`. */
export function translated(source: ts.SourceFile): Saying[] {
  return nodesOf(source).flatMap((node) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== "t") return [];
    const [words] = node.arguments;
    return [toSaying(source, node, words && ts.isStringLiteral(words) ? words.text : null)];
  });
}

/** Words that would be seen or heard as they stand. */
export function untranslated(source: ts.SourceFile): Saying[] {
  return nodesOf(source).flatMap((node) => {
    const words = plainWords(node)?.trim();
    return words && /\p{L}{2}/u.test(words) && !NAMES.test(words)
      ? [toSaying(source, node, words)]
      : [];
  });
}

function plainWords(node: ts.Node): string | undefined {
  if (ts.isJsxText(node)) return node.text;
  if (!ts.isJsxAttribute(node) || !HEARD.has(node.name.getText())) return undefined;
  return node.initializer && ts.isStringLiteral(node.initializer)
    ? node.initializer.text
    : undefined;
}

function toSaying(source: ts.SourceFile, node: ts.Node, words: string | null): Saying {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  return { place: `${source.fileName}:${line + 1}`, words };
}

function nodesOf(root: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node) => {
    found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}
