import { screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import type { Capability } from "@/api/gen";
import { EMPTY_DRAFT } from "@/form/draft";
import { aJob, shapesModel } from "@/testing/jobs";
import { show } from "@/testing/render";
import { server } from "@/testing/setup";
import { EditPanel } from "./EditPanel";
import { type EditTask, EMPTY_TASK } from "./task";

const STUDIO = "http://studio.test";
const edit: Capability = {
  name: "edit",
  available: true,
  reason: null,
  models: [shapesModel],
  features: shapesModel.features.map((name) => ({ name, enabled: true, reason: null })),
  library_versions: {},
  warm_model: null,
  replicas: 1,
};

function Form() {
  const [draft, setDraft] = useState({ ...EMPTY_DRAFT, prompt: "white background" });
  const [task, setTask] = useState<EditTask>({ ...EMPTY_TASK, way: "entities" });
  return (
    <EditPanel
      draft={draft}
      task={task}
      lastSeed={null}
      onDraft={setDraft}
      onTask={setTask}
      onStarted={() => {}}
    />
  );
}

async function open() {
  const capabilities = { version: "1", capabilities: [edit] };
  server.use(http.get(`${STUDIO}/capabilities`, () => HttpResponse.json(capabilities)));
  show(<Form />);
  await screen.findByRole("button", { name: "Add a region" });
  return userEvent.setup();
}

test("regions are added, described, typed in, moved by keys, reordered and sent", async () => {
  const sent = vi.fn();
  server.use(
    http.post(`${STUDIO}/generate/controlnet`, async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(aJob({ status: "queued" }), { status: 202 });
    }),
  );
  const user = await open();
  await user.click(screen.getByRole("button", { name: "Add a region" }));
  await user.type(screen.getByLabelText("What Region 1 shows"), "a red star");
  const right = screen.getByLabelText("Region 1: right");
  await user.clear(right);
  await user.type(right, "64");

  await user.click(screen.getByRole("button", { name: "Add a region" }));
  await user.type(screen.getByLabelText("What Region 2 shows"), "a blue circle");
  const board = screen.getByRole("application", { name: "The picture and its regions" });
  within(board).getByRole("button", { name: "Region 2" }).focus();
  await user.keyboard("{ArrowRight}{ArrowRight}{Shift>}{ArrowDown}{/Shift}");
  await user.click(screen.getByRole("button", { name: "Move Region 2 up" }));
  await user.click(screen.getByRole("button", { name: /^Paint Ctrl/ }));

  await waitFor(() => expect(sent).toHaveBeenCalledOnce());
  expect(sent).toHaveBeenCalledWith({
    prompt: "white background",
    count: 1,
    width: 128,
    height: 128,
    controls: [],
    entities: [
      { prompt: "a blue circle", box: { left: 48, top: 32, right: 112, bottom: 104 } },
      { prompt: "a red star", box: { left: 32, top: 32, right: 64, bottom: 96 } },
    ],
  });
});

test("what the studio says of a region is told at its field", async () => {
  const message = "entities.0.prompt contains the control character U+0007; remove it.";
  const problem = {
    type: "urn:limner:problem:invalid-fields",
    title: "Unprocessable Content",
    status: 422,
    detail: message,
    code: "INVALID_FIELDS",
    errors: [{ field: "entities.0.prompt", value: "", message }],
  };
  server.use(
    http.post(`${STUDIO}/generate/controlnet`, () => HttpResponse.json(problem, { status: 422 })),
  );
  const user = await open();
  await user.click(screen.getByRole("button", { name: "Add a region" }));
  const words = screen.getByLabelText("What Region 1 shows");
  await user.type(words, "a red star");
  await user.click(screen.getByRole("button", { name: /^Paint Ctrl/ }));
  await waitFor(() => expect(words).toHaveAccessibleDescription(message));
  expect(words).toBeInvalid();
});

test("a region is renamed, and removed by its key", async () => {
  const user = await open();
  await user.click(screen.getByRole("button", { name: "Add a region" }));
  const name = screen.getByLabelText("Name of Region 1");
  await user.clear(name);
  await user.type(name, "Hat");
  const box = screen.getByRole("button", { name: "Hat" });
  expect(screen.getByRole("button", { name: "Draw on Hat" })).toBePressed();
  box.focus();
  await user.keyboard("{Delete}");
  expect(screen.queryByRole("button", { name: "Hat" })).toBeNull();
  expect(screen.queryByLabelText("What Hat shows")).toBeNull();
});
