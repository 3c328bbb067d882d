import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { aJob } from "@/testing/jobs";
import { applyAnswer, applyEvent } from "./apply-event";
import type { Job } from "./gen";
import { historyQuery } from "./history";
import { activeQuery, jobQuery, previewQuery } from "./jobs";
import { EVERYTHING } from "./search";

const history = historyQuery(EVERYTHING);
const starred = historyQuery({ ...EVERYTHING, isFavourite: true });

function knowing(...active: Job[]) {
  const client = new QueryClient();
  client.setQueryData(activeQuery.queryKey, active);
  client.setQueryData(history.queryKey, {
    pages: [{ jobs: active, next_cursor: null }],
    pageParams: [undefined],
  });
  return client;
}

const running = aJob({ status: "running" });
const preview = {
  type: "preview",
  job_id: running.id,
  image_index: 0,
  step: 1,
  data_url: "data:image/webp;base64,AA==",
} as const;

test("the end of a job leaves the queue, stays in the history and drops the preview", () => {
  const client = knowing(running);
  applyEvent(client, preview);
  expect(client.getQueryData(previewQuery(running.id).queryKey)).toEqual(preview);

  const done = aJob();
  applyEvent(client, { type: "job", seq: 1, job: done });

  expect(client.getQueryData(activeQuery.queryKey)).toEqual([]);
  expect(client.getQueryData(history.queryKey)?.pages[0]?.jobs).toEqual([done]);
  expect(client.getQueryData(jobQuery(done.id).queryKey)).toEqual(done);
  expect(client.getQueryData(previewQuery(running.id).queryKey)).toBeUndefined();
});

test("a reset makes every list of jobs be fetched again", () => {
  const client = knowing(running);
  applyEvent(client, { type: "reset" });
  expect(client.getQueryState(activeQuery.queryKey)?.isInvalidated).toBe(true);
  expect(client.getQueryState(history.queryKey)?.isInvalidated).toBe(true);
});

test("a snapshot of a list that was never fetched is no list", () => {
  const client = new QueryClient();
  applyEvent(client, { type: "job", seq: null, job: running });
  expect(client.getQueryData(activeQuery.queryKey)).toBeUndefined();
});

test("an answer that events have overtaken changes nothing", () => {
  const client = knowing(running);
  applyEvent(client, { type: "job", seq: 1, job: aJob({ status: "cancelled" }) });
  applyAnswer(client, aJob({ status: "cancelling" }));
  expect(client.getQueryData(activeQuery.queryKey)).toEqual([]);

  applyEvent(client, { type: "job", seq: 2, job: aJob({ id: "2", status: "running" }) });
  applyAnswer(client, aJob({ id: "2", status: "queued" }));
  expect(client.getQueryData(activeQuery.queryKey)?.[0]?.status).toBe("running");
});

test("an answer that nothing has overtaken is taken", () => {
  const client = knowing(running);
  applyAnswer(client, aJob({ status: "cancelling" }));
  expect(client.getQueryData(activeQuery.queryKey)?.[0]?.status).toBe("cancelling");
});

test("each search keeps what it finds, and loses what it finds no more", () => {
  const client = knowing(running);
  client.setQueryData(starred.queryKey, {
    pages: [{ jobs: [], next_cursor: null }],
    pageParams: [undefined],
  });
  applyEvent(client, { type: "job", seq: 1, job: aJob({ favourite: true }) });
  expect(client.getQueryData(starred.queryKey)?.pages[0]?.jobs).toHaveLength(1);
  expect(client.getQueryData(history.queryKey)?.pages[0]?.jobs).toHaveLength(1);

  applyEvent(client, { type: "job", seq: 2, job: aJob({ favourite: false }) });
  expect(client.getQueryData(starred.queryKey)?.pages[0]?.jobs).toEqual([]);
  expect(client.getQueryData(history.queryKey)?.pages[0]?.jobs).toHaveLength(1);
});
