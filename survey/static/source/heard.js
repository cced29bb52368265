// What the pages gain where scripts run. Without it every form and link still works by itself.

import { watchAloud } from "./aloud.js";
import { watchForIdling } from "./idling.js";
import { watchForLeaving } from "./leaving.js";
import { watchSteps } from "./steps.js";

watchForLeaving();
watchForIdling();
watchSteps();
watchAloud();
