/** `sudo node ci/workflows/debian-packages.ts`: what tests take from Debian, on a machine where they run as somebody else. */
import { installDebianPackages } from '../debian-packages.ts';

installDebianPackages();
