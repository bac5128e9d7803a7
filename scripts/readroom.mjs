#!/usr/bin/env node
import { launch } from './launch.mjs';

process.exitCode = await launch('readroom', process.argv.slice(2), process.cwd());
