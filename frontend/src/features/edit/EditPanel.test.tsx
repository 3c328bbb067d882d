import { screen, waitFor } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import type { Capability } from "@/api/gen";
import { EMPTY_DRAFT } from "@/form/draft";
import { aTilingService } from "@/testing/capabilities";
import { aJob, shapesModel } from "@/testing/jobs";
import { aPicture } from "@/testing/pictures";
import { show } from "@/testing/render";
import { server } from "@/testing/setup";
import { EditPanel } from "./EditPanel";
import { type EditTask, EMPTY_TASK } from "./task";

const STUDIO = "http://studio.test";
const picture = aPicture("1");
const edges = { ...aPicture("e"), kind: "canny" };
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

function Form({ first }: { first: Partial<EditTask> }) {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [task, setTask] = useState({ ...EMPTY_TASK, ...first });
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

async function open(task: Partial<EditTask> = {}, service: Partial<Capability> = {}) {
  const capabilities = {
    version: "1",
    capabilities: [{ ...edit, ...service }, aTilingService()],
  };
  server.use(http.get(`${STUDIO}/capabilities`, () => HttpResponse.json(capabilities)));
  window.localStorage.setItem("limner.scope", JSON.stringify("all"));
  show(<Form first={task} />);
  await screen.findByRole("radio", { name: "Instruct" });
  return userEvent.setup();
}

function accepting(route: string) {
  const sent = vi.fn();
  server.use(
    http.post(STUDIO + route, async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(aJob({ status: "queued" }), { status: 202 });
    }),
  );
  return sent;
}

test("a chosen file is uploaded and edited as the prompt says", async () => {
  server.use(http.post(`${STUDIO}/images`, () => HttpResponse.json(picture, { status: 201 })));
  const sent = accepting("/generate/image-edit");
  const user = await open();
  const chooser = document.querySelector<HTMLInputElement>("input[type=file]");
  if (!chooser) throw new Error("there is no file chooser");
  await user.upload(chooser, new File(["…"], "a.png", { type: "image/png" }));
  await screen.findByRole("button", { name: "Remove picture 1" });
  expect(screen.getByLabelText("Guidance")).toHaveValue("2");
  await user.type(screen.getByLabelText("Prompt"), "make the circle green");
  await user.click(screen.getByRole("button", { name: /^Edit/ }));
  await waitFor(() => expect(sent).toHaveBeenCalledOnce());
  expect(sent).toHaveBeenCalledWith({
    prompt: "make the circle green",
    count: 1,
    images: [picture.id],
  });
});

test("edges are drawn from a photograph, shown, and sent", async () => {
  const asked = vi.fn();
  server.use(
    http.post(`${STUDIO}/preprocess`, async ({ request }) => {
      asked(await request.json());
      return HttpResponse.json(edges, { status: 201 });
    }),
  );
  const sent = accepting("/generate/controlnet");
  const user = await open({ way: "control", pictures: [picture] });
  await screen.findByRole("img", { name: "The edges found in the picture" });
  expect(asked).toHaveBeenCalledWith({
    image: picture.id,
    kind: "canny",
    parameters: { low: 100, high: 200 },
  });
  expect(screen.getByLabelText("Guidance")).toHaveValue("4");
  await user.type(screen.getByLabelText("Prompt"), "a green circle");
  await user.click(screen.getByRole("button", { name: /^Paint/ }));
  await waitFor(() => expect(sent).toHaveBeenCalledOnce());
  expect(sent).toHaveBeenCalledWith({
    prompt: "a green circle",
    count: 1,
    controls: [{ image: edges.id, kind: "canny", scale: 1 }],
  });
});

test("what the service does not offer is off, with the reason", async () => {
  const features = [{ name: "edit", enabled: false, reason: "no weights for it" }];
  await open({}, { features });
  expect(screen.getByRole("radio", { name: "Instruct" })).toBeDisabled();
  expect(screen.getAllByText("Instruct is off: no weights for it.")).toHaveLength(2);
  expect(screen.getByText("Extend is off: this studio does not offer it.")).toBeVisible();
});

test("a picture is enlarged without a word", async () => {
  const sent = accepting("/generate/tiled");
  const user = await open({ way: "upscale", pictures: [picture] }, { models: [] });
  await user.click(screen.getByRole("radio", { name: "4×" }));
  expect(screen.getByText(/128 × 128 becomes 512 × 512, painted in 34 tiles/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: /^Upscale/ }));
  await waitFor(() => expect(sent).toHaveBeenCalledOnce());
  expect(sent).toHaveBeenCalledWith({
    prompt: "",
    count: 1,
    image: picture.id,
    width: 512,
    height: 512,
    strength: 0.3,
  });
});

test("of several files, the good ones are kept and the bad ones named", async () => {
  const problem = {
    type: "about:blank",
    title: "Unprocessable Content",
    status: 422,
    detail: "This is not a picture that can be read.",
    code: "INVALID_IMAGE",
  };
  server.use(
    http.post(`${STUDIO}/images`, async ({ request }) => {
      const isGood = (await request.text()) === "good";
      return isGood
        ? HttpResponse.json(picture, { status: 201 })
        : HttpResponse.json(problem, { status: 422 });
    }),
  );
  const user = await open();
  const chooser = document.querySelector<HTMLInputElement>("input[type=file]");
  if (!chooser) throw new Error("there is no file chooser");
  const type = "image/png";
  await user.upload(chooser, [
    new File(["good"], "a.png", { type }),
    new File(["bad"], "b.png", { type }),
  ]);
  expect(await screen.findByText("b.png: This is not a picture that can be read.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Remove picture 1" })).toBeVisible();
});

test("a picture is taken apart where a model can", async () => {
  const able = { ...shapesModel, features: [...shapesModel.features, "layers"] };
  const features = able.features.map((name) => ({ name, enabled: true, reason: null }));
  const sent = accepting("/generate/layers");
  const task = { way: "layers", pictures: [picture] } as const;
  const user = await open(task, { models: [able], features });
  await user.type(screen.getByLabelText("Prompt"), "a red circle on white");
  const layers = screen.getByLabelText("Layers", { selector: "input[type=text]" });
  await user.clear(layers);
  await user.type(layers, "3");
  await user.click(screen.getByRole("button", { name: /^Separate/ }));
  await waitFor(() => expect(sent).toHaveBeenCalledOnce());
  expect(sent).toHaveBeenCalledWith({
    prompt: "a red circle on white",
    count: 1,
    image: picture.id,
    layers: 3,
  });
});
