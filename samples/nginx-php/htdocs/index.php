<?php
echo "PHP " . PHP_MAJOR_VERSION . " answers behind " . $_SERVER["SERVER_SOFTWARE"] . "\n";
