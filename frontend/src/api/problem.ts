import { t } from "@/i18n";
import type { Problem } from "./gen";

/** Why a call failed: one sentence for people, and one for each wrong field of the request. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;

  constructor(message: string, status: number, fields: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "ApiProblem";
    this.status = status;
    this.fields = fields;
  }
}

const UNREACHABLE = t("The studio cannot be reached. Is it still running?");

/** Reads a problem+json body; status 0 stands for a studio that did not answer. */
export function toProblem(body: unknown, status: number): ApiProblem {
  if (status === 0) return new ApiProblem(UNREACHABLE, 0);
  if (!isProblem(body))
    return new ApiProblem(t("The studio answered with status {{status}}.", { status }), status);
  const fields = (body.errors ?? []).map((error) => [error.field, error.message] as const);
  return new ApiProblem(body.detail || body.title, status, Object.fromEntries(fields));
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "title" in body && "detail" in body;
}

interface Answer<Data> {
  data?: Data | undefined;
  error?: unknown;
  response?: Response | undefined;
}

/** Unwraps an answer of the generated client, or throws an ApiProblem. */
export async function answerOf<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (data === undefined) throw toProblem(error, response?.status ?? 0);
  return data;
}
