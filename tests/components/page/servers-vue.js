import { createApp } from "vue";
import Servers from "./Servers.vue";

createApp(Servers).mount("#root");
