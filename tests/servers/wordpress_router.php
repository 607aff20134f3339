<?php
// Sends what is no file to WordPress, which lives in a subfolder, as a web server with rewriting would.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = $_SERVER['DOCUMENT_ROOT'] . $path;
if (is_file($file)) {
    return false;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/blog/index.php';
chdir($_SERVER['DOCUMENT_ROOT'] . '/blog');
require 'index.php';
