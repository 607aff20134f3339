<?php
// Installs the site that the tests use, and prints as JSON who is on it and what has been published.
define('WP_INSTALLING', true);
$site = $argv[1];
$_SERVER['HTTP_HOST'] = parse_url($site, PHP_URL_HOST) . ':' . parse_url($site, PHP_URL_PORT);
$_SERVER['REQUEST_URI'] = '/blog/';
require $argv[2] . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
// No post leaves the machine.
add_filter('pre_wp_mail', '__return_true');

wp_install('Harbour News', 'owner-login-71', 'owner@example.org', true, '', 'for tests alone');
foreach (
    [
        'home' => $site, 'siteurl' => $site, 'thread_comments' => 1, 'thread_comments_depth' => 10,
        'comments_notify' => 0, 'moderation_notify' => 0, 'timezone_string' => 'Asia/Kolkata',
        'permalink_structure' => $argv[3], 'close_comments_for_old_posts' => 0,
    ] as $name => $value
) {
    update_option($name, $value);
}

$people = [];
foreach (
    [
        'owner' => ['owner-login-71', 'The Owner', 'administrator'],
        'moderator' => ['harbour-login-83', 'Harbour Support', 'editor'],
        'employee' => ['ada-login-19', 'Ada at Harbour', 'contributor'],
    ] as $part => [$login, $name, $role]
) {
    $known = get_user_by('login', $login);
    $id = $known ? $known->ID : wp_create_user($login, wp_generate_password(), "$part@example.org");
    wp_update_user(['ID' => $id, 'display_name' => $name, 'user_nicename' => $part, 'role' => $role]);
    [$password] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'Chorus']);
    $people[$part] = ['id' => $id, 'username' => $login, 'application_password' => chunk_split($password, 4, ' ')];
}

$articles = [];
foreach (['open' => 'publish', 'second' => 'publish', 'third' => 'publish', 'private' => 'private'] as $name => $status) {
    $articles[$name] = wp_insert_post([
        'post_title' => "How the $name thing works", 'post_content' => 'Like this.', 'post_status' => $status,
        'post_author' => $people['owner']['id'], 'comment_status' => 'open',
    ]);
}
flush_rewrite_rules(false);
echo json_encode(['people' => $people, 'articles' => $articles]);
