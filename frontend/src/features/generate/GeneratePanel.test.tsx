import { screen, waitFor } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import type { Capability } from "@/api/gen";
import { EMPTY_DRAFT } from "@/form/draft";
import { aTilingService } from "@/testing/capabilities";
import { aJob, shapesModel } from "@/testing/jobs";
import { show } from "@/testing/render";
import { server } from "@/testing/setup";
import { GeneratePanel } from "./GeneratePanel";

const STUDIO = "http://studio.test";
const textToImage: Capability = {
  name: "t2i",
  available: true,
  reason: null,
  models: [shapesModel],
  features: [],
  library_versions: {},
  warm_model: null,
  replicas: 1,
};

function Form({ onStarted }: { onStarted: () => void }) {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  return <GeneratePanel draft={draft} lastSeed={42} onDraft={setDraft} onStarted={onStarted} />;
}

async function open(
  service: Partial<Capability> = {},
  onStarted = () => {},
  others: Capability[] = [],
) {
  const capabilities = { version: "1", capabilities: [{ ...textToImage, ...service }, ...others] };
  server.use(http.get(`${STUDIO}/capabilities`, () => HttpResponse.json(capabilities)));
  window.localStorage.setItem("limner.scope", JSON.stringify("all"));
  show(<Form onStarted={onStarted} />);
  await screen.findByLabelText("Width");
  return userEvent.setup();
}

const prompt = () => screen.getByLabelText("Prompt");
const generate = () => screen.getByRole("button", { name: /Generate/ });

test("a bare prompt is sent without what the model decides", async () => {
  const sent = vi.fn();
  const onStarted = vi.fn();
  server.use(
    http.post(`${STUDIO}/generate/text-to-image`, async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(aJob({ status: "queued" }), { status: 202 });
    }),
  );
  const user = await open({}, onStarted);
  await user.type(prompt(), "a red circle");
  await user.click(generate());
  await waitFor(() => expect(onStarted).toHaveBeenCalledOnce());
  expect(sent).toHaveBeenCalledExactlyOnceWith({ prompt: "a red circle", count: 1 });
});

test("what the studio refuses is told at its field until the draft changes", async () => {
  const problem = {
    type: "about:blank",
    title: "Unprocessable Content",
    status: 422,
    detail: "One field is wrong.",
    code: "INVALID_FIELDS",
    errors: [{ field: "seed", value: "7", message: "seed 7 is taken; draw another." }],
  };
  server.use(
    http.post(`${STUDIO}/generate/text-to-image`, () =>
      HttpResponse.json(problem, { status: 422 }),
    ),
  );
  const user = await open();
  await user.type(prompt(), "a red circle");
  await user.type(screen.getByLabelText("Seed"), "7");
  await user.click(generate());
  expect(await screen.findByText("seed 7 is taken; draw another.")).toBeVisible();
  expect(screen.getByLabelText("Seed")).toBeInvalid();
  await user.type(screen.getByLabelText("Seed"), "8");
  expect(screen.queryByText("seed 7 is taken; draw another.")).not.toBeInTheDocument();
});

test("nothing is sent while something stands in the way", async () => {
  const user = await open();
  await user.click(generate()); // a request would fail: none is expected
  expect(generate()).toHaveAttribute("aria-disabled", "true");
  expect(screen.getByText("Describe the picture first.")).toBeVisible();
});

test("a service that is down takes jobs, and the page says that they wait", async () => {
  const user = await open({ available: false, reason: "the service does not answer" });
  await user.type(prompt(), "a red circle");
  expect(screen.getByText("New jobs wait: the service does not answer.")).toBeVisible();
  expect(generate()).toHaveAttribute("aria-disabled", "false");
});

test("locking the seed keeps the seed of the picture on the stage", async () => {
  const user = await open();
  await user.click(screen.getByRole("button", { name: "Lock the seed" }));
  expect(screen.getByLabelText("Seed")).toHaveValue("42");
});

test("a shape keeps the area and the model's grid", async () => {
  const user = await open();
  await user.click(screen.getByRole("radio", { name: "16:9" }));
  expect(screen.getByLabelText("Width")).toHaveValue("176 px");
  expect(screen.getByLabelText("Height")).toHaveValue("96 px");
});

test("a slider's number can be typed", async () => {
  const user = await open();
  const steps = screen.getByLabelText("Steps");
  await user.clear(steps);
  await user.type(steps, "33");
  expect(screen.getByRole("slider", { name: "Steps by dragging" })).toHaveAttribute(
    "aria-valuenow",
    "33",
  );
});

test("a size beyond the model is painted in tiles, and the form says so", async () => {
  const sent = vi.fn();
  server.use(
    http.post(`${STUDIO}/generate/tiled`, async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(aJob({ kind: "tiled", status: "queued" }), { status: 202 });
    }),
  );
  const user = await open({}, () => {}, [aTilingService()]);
  await user.click(screen.getByRole("radio", { name: "4×" }));
  await user.click(screen.getByRole("radio", { name: "16:9" }));
  expect(screen.getByLabelText("Width")).toHaveValue("688 px");
  expect(
    screen.getByText(/Painted in \d+ tiles, larger than the model's own 128 × 128/),
  ).toBeVisible();
  await user.type(prompt(), "a red circle");
  await user.click(generate());
  await waitFor(() => expect(sent).toHaveBeenCalledOnce());
  const request = { prompt: "a red circle", count: 1, width: 688, height: 384 };
  expect(sent).toHaveBeenCalledWith(request);
});

test("without tiles the reason stands at the choice, and what the model paints can be had", async () => {
  const feature = { name: "generate_tiled", enabled: false, reason: "it was removed" };
  const user = await open({}, () => {}, [aTilingService({ features: [feature] })]);
  expect(screen.getByText("Larger sizes are off: it was removed.")).toBeVisible();
  expect(screen.getByRole("radio", { name: "4×" })).toBeDisabled();
  await user.click(screen.getByRole("radio", { name: "2×" }));
  expect(screen.getByLabelText("Width")).toHaveValue("256 px");
  await user.type(prompt(), "a red circle");
  expect(generate()).toHaveAttribute("aria-disabled", "false");
});

test("a tiling service that is away makes only large pictures wait", async () => {
  const user = await open({}, () => {}, [
    aTilingService({ available: false, reason: "it restarts" }),
  ]);
  expect(screen.getByText("Larger sizes wait: it restarts.")).toBeVisible();
  expect(screen.queryByText("New jobs wait: it restarts.")).not.toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "4×" }));
  expect(screen.getByText("New jobs wait: it restarts.")).toBeVisible();
});
