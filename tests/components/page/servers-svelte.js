import { mount } from "svelte";
import Servers from "./Servers.svelte";

mount(Servers, { target: document.getElementById("root") });
