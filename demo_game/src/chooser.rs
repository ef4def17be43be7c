//! The opening screen: the worlds and pictures that one can walk into, by keyboard, mouse, gamepad
//! or a file dropped onto the window.

use crate::{
    assets_folder,
    choices::{Choice, Choices, What},
    covers::{Cover, Covers},
    menu::Menu,
    sentence::SentenceBox,
};
use bevy::{ecs::system::SystemParam, prelude::*};
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui};
use bevy_reverie::prelude::*;
use egui::{Align2, Color32, CornerRadius, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, Vec2};
use std::path::PathBuf;

pub const ACCENT: Color32 = Color32::from_rgb(255, 196, 110);
pub const QUIET: Color32 = Color32::from_rgb(176, 182, 194);
pub const CARD: Color32 = Color32::from_rgb(30, 33, 42);
/// Pixels between the window's edge, the cards, and their corners' radius.
pub const MARGIN: f32 = 56.0;
const GAP: f32 = 20.0;
pub const CORNER: u8 = 10;
/// Between a row's label and its cards, which grow.
const LABEL_ABOVE: f32 = 15.0;
/// Cards of pictures that fit beside each other.
const PICTURES_ACROSS: f32 = 5.0;
/// Time until a held stick or key moves the focus on, seconds.
const REPEAT_SECS: f32 = 0.28;
/// How quickly cards grow and the background changes, per second.
const EASE_PER_SEC: f32 = 10.0;

/// The opening screen.
pub struct ChooserPlugin;

impl Plugin for ChooserPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Startup, read_covers)
            .add_systems(Update, (take_drops, steer.run_if(is_open), note).chain())
            .add_systems(EguiPrimaryContextPass, draw.run_if(is_open));
    }
}

fn is_open(chooser: Res<Chooser>) -> bool {
    chooser.open
}

/// What is on the opening screen.
#[derive(Resource)]
pub struct Chooser {
    /// It is shown.
    pub open: bool,
    choices: Choices,
    sentence: SentenceBox,
    covers: Option<Covers>,
    /// For every choice: cover and blur, or why there is none.
    pictures: Vec<Option<Result<[egui::TextureHandle; 2], String>>>,
    /// Scenes start as the world model imagines them, not as they are.
    imagined: bool,
    /// A world runs.
    in_world: bool,
    /// What starts at the moment, and what runs: with the way scenes are shown.
    entering: Option<(What, bool)>,
    running: Option<(What, bool)>,
    /// The last problem.
    problem: Option<String>,
    /// How much each card has grown, 0 to 1.
    grown: Vec<f32>,
    /// Time until a held direction moves the focus again, seconds.
    repeat_secs: f32,
}

impl Chooser {
    /// The shipped worlds and the pictures of a folder.
    pub fn new(open: bool, folder: Option<PathBuf>) -> Self {
        let choices = Choices::new(folder.as_deref());
        let count = choices.all().count();
        Self {
            open,
            choices,
            sentence: SentenceBox::default(),
            covers: None,
            pictures: std::iter::repeat_with(|| None).take(count).collect(),
            imagined: false,
            in_world: false,
            entering: None,
            running: None,
            problem: None,
            grown: vec![0.0; count],
            repeat_secs: 0.0,
        }
    }

    fn chosen(&self) -> (What, bool) {
        let what = self.choices.focused().what.clone();
        let scene = matches!(what, What::Preset { imagined: Some(_), .. });
        (what, self.imagined && scene)
    }
}

fn read_covers(mut chooser: ResMut<Chooser>) {
    let files = chooser.choices.all().map(|choice| assets_folder().join(&choice.cover)).collect();
    chooser.covers = Some(Covers::read(files));
}

/// Starts what was chosen on the world's camera.
fn enter(
    chooser: &mut Chooser,
    (what, imagined): (What, bool),
    commands: &mut Commands,
    assets: &AssetServer,
    camera: Entity,
) {
    chooser.problem = None;
    if chooser.running.as_ref() == Some(&(what.clone(), imagined)) {
        chooser.open = false;
        return;
    }
    match &what {
        What::Preset { preset, imagined: other } => {
            let preset = other.filter(|_| imagined).unwrap_or(preset);
            commands.entity(camera).insert(FollowPreset(assets.load(preset)));
        }
        What::Picture(file) => {
            commands
                .entity(camera)
                .remove::<FollowPreset>()
                .insert((WorldView::new(file.clone()), Embodiment::Free));
        }
        What::Sentence(sentence) => {
            commands
                .entity(camera)
                .remove::<FollowPreset>()
                .insert((WorldView::from_prompt(sentence), Embodiment::Walker));
        }
    }
    chooser.entering = Some((what, imagined));
}

/// A picture dropped onto the window becomes the world, wherever the player is.
fn take_drops(
    mut commands: Commands,
    mut drops: MessageReader<FileDragAndDrop>,
    mut chooser: ResMut<Chooser>,
    assets: Res<AssetServer>,
    camera: Query<Entity, With<WorldCamera>>,
) {
    let Ok(camera) = camera.single() else { return };
    for dropped in drops.read() {
        if let FileDragAndDrop::DroppedFile { path_buf, .. } = dropped {
            let what = What::Picture(path_buf.clone());
            enter(&mut chooser, (what, false), &mut commands, &assets, camera);
        }
    }
}

/// The directions that keys and gamepads ask for, and whether they were asked for just now.
fn directions(keys: &ButtonInput<KeyCode>, pads: &Query<&Gamepad>) -> (isize, isize, bool) {
    let table = [
        (KeyCode::ArrowLeft, KeyCode::KeyA, GamepadButton::DPadLeft, (-1, 0)),
        (KeyCode::ArrowRight, KeyCode::KeyD, GamepadButton::DPadRight, (1, 0)),
        (KeyCode::ArrowUp, KeyCode::KeyW, GamepadButton::DPadUp, (0, -1)),
        (KeyCode::ArrowDown, KeyCode::KeyS, GamepadButton::DPadDown, (0, 1)),
    ];
    let (mut right, mut down, mut fresh) = (0, 0, false);
    for (arrow, letter, pad, way) in table {
        // A short tap can begin and end within one frame.
        let tapped =
            keys.any_just_pressed([arrow, letter]) || pads.iter().any(|p| p.just_pressed(pad));
        let held = keys.any_pressed([arrow, letter]) || pads.iter().any(|p| p.pressed(pad));
        if tapped || held {
            (right, down) = (right + way.0, down + way.1);
            fresh |= tapped;
        }
    }
    for pad in pads {
        let stick = pad.left_stick();
        right += isize::from(stick.x > 0.6) - isize::from(stick.x < -0.6);
        down += isize::from(stick.y < -0.6) - isize::from(stick.y > 0.6);
    }
    (right.signum(), down.signum(), fresh)
}

/// What steers the screen.
#[derive(SystemParam)]
struct Steering<'w, 's> {
    time: Res<'w, Time>,
    keys: Res<'w, ButtonInput<KeyCode>>,
    pads: Query<'w, 's, &'static Gamepad>,
}

fn steer(
    mut commands: Commands,
    Steering { time, keys, pads }: Steering,
    mut chooser: ResMut<Chooser>,
    assets: Res<AssetServer>,
    camera: Query<Entity, With<WorldCamera>>,
    mut exit: MessageWriter<AppExit>,
) {
    if chooser.sentence.typing {
        return;
    }
    let pressed = |button| pads.iter().any(|pad| pad.just_pressed(button));
    if keys.just_pressed(KeyCode::Escape) || pressed(GamepadButton::East) {
        // Back into the world, or out.
        if chooser.in_world {
            chooser.open = false;
        } else {
            exit.write(AppExit::Success);
        }
        return;
    }
    if chooser.entering.is_some() {
        return;
    }
    let (right, down, fresh) = directions(&keys, &pads);
    chooser.repeat_secs -= time.delta_secs();
    if (right, down) == (0, 0) {
        chooser.repeat_secs = 0.0;
    } else if fresh || chooser.repeat_secs <= 0.0 {
        chooser.choices.go(right, down);
        chooser.repeat_secs = REPEAT_SECS;
    }
    if keys.just_pressed(KeyCode::KeyT) {
        chooser.sentence.wanted = true;
        return;
    }
    if keys.just_pressed(KeyCode::KeyM) || pressed(GamepadButton::North) {
        chooser.imagined = !chooser.imagined;
    }
    let start = keys.any_just_pressed([KeyCode::Enter, KeyCode::NumpadEnter, KeyCode::Space]);
    if (start || pressed(GamepadButton::South))
        && let Ok(camera) = camera.single()
    {
        let chosen = chooser.chosen();
        enter(&mut chooser, chosen, &mut commands, &assets, camera);
    }
}

/// What became of a choice.
#[derive(SystemParam)]
struct News<'w, 's> {
    started: MessageReader<'w, 's, WorldStarted>,
    failed: MessageReader<'w, 's, ModelFailed>,
    presets: MessageReader<'w, 's, PresetFailed>,
}

/// The screen closes when the world has started, and holds the running one while it is open.
fn note(
    mut chooser: ResMut<Chooser>,
    menu: Res<Menu>,
    mut grab: ResMut<PointerGrab>,
    News { mut started, mut failed, mut presets }: News,
    mut views: Query<(&mut WorldClock, &mut WorldControls)>,
    mut was_open: Local<bool>,
) {
    if started.read().last().is_some() {
        chooser.in_world = true;
        // A world that was chosen elsewhere is none of these.
        chooser.running = chooser.entering.take();
        if chooser.running.is_some() {
            chooser.open = false;
        }
    }
    let failed = failed.read().map(|failure| &failure.error);
    let failed = failed.chain(presets.read().map(|failure| &failure.error)).last();
    if let Some(error) = failed {
        chooser.entering = None;
        chooser.problem = Some(error.clone());
    }
    if chooser.open || *was_open {
        let held = chooser.open || menu.open;
        grab.on_click = !held;
        for (mut clock, mut controls) in &mut views {
            // A world that starts has to tick once to be seen.
            let paused = held && chooser.entering.is_none();
            if clock.paused != paused {
                clock.paused = paused;
            }
            if controls.suspended != held {
                controls.suspended = held;
            }
        }
    }
    *was_open = chooser.open;
}

fn draw(
    mut commands: Commands,
    mut contexts: EguiContexts,
    mut chooser: ResMut<Chooser>,
    time: Res<Time>,
    assets: Res<AssetServer>,
    camera: Query<Entity, With<WorldCamera>>,
) -> Result {
    let context = contexts.ctx_mut()?.clone();
    let chooser = &mut *chooser;
    while let Some(Cover { number, pictures }) = chooser.covers.as_ref().and_then(Covers::next) {
        chooser.pictures[number] = Some(pictures.map(|(cover, blur)| {
            [cover, blur]
                .map(|picture| context.load_texture("cover", picture, egui::TextureOptions::LINEAR))
        }));
    }
    let ease = (EASE_PER_SEC * time.delta_secs()).min(1.0);
    let focused = chooser.choices.number(chooser.choices.focus);
    for (number, grown) in chooser.grown.iter_mut().enumerate() {
        *grown += (f32::from(u8::from(number == focused)) - *grown) * ease;
    }
    let mut clicked = false;
    let mut sentence = None;
    egui::Area::new(egui::Id::new("chooser"))
        .order(egui::Order::Middle)
        .fixed_pos(Pos2::ZERO)
        .show(&context, |ui| {
            let screen = context.content_rect();
            ui.set_clip_rect(screen);
            // A small window has smaller type and cards.
            let scale = (screen.width() / 1280.0).min(screen.height() / 720.0).clamp(0.5, 2.5);
            background(ui, screen, chooser);
            let layout = Layout::new(screen, scale, &chooser.choices);
            heading(ui, &layout, chooser);
            let entering = match &chooser.entering {
                Some((What::Sentence(sentence), _)) => Some(sentence.as_str()),
                _ => None,
            };
            sentence = chooser.sentence.show(ui, &layout, entering);
            for row in 0..2 {
                clicked |= cards(ui, &layout, chooser, row);
            }
            drop_hint(ui, &layout, chooser.choices.rows[1].len());
            footer(ui, &layout, chooser);
        });
    if clicked
        && chooser.entering.is_none()
        && let Ok(camera) = camera.single()
    {
        let chosen = chooser.chosen();
        enter(chooser, chosen, &mut commands, &assets, camera);
    }
    if let Some(sentence) = sentence
        && chooser.entering.is_none()
        && let Ok(camera) = camera.single()
    {
        enter(chooser, (What::Sentence(sentence), false), &mut commands, &assets, camera);
    }
    Ok(())
}

/// Where things are, in egui's points.
pub struct Layout {
    pub screen: Rect,
    pub scale: f32,
    /// Upper edge and card size of both rows, and how far each is scrolled.
    rows: [(f32, Vec2, f32); 2],
}

impl Layout {
    fn new(screen: Rect, scale: f32, choices: &Choices) -> Self {
        let (margin, gap) = (MARGIN * scale, GAP * scale);
        let across = screen.width() - 2.0 * margin;
        let left_high = screen.height() - 372.0 * scale;
        let wide = ((across - 2.0 * gap) / 3.0).min((0.66 * left_high) * 16.0 / 9.0);
        let world = Vec2::new(wide, wide * 9.0 / 16.0);
        let wide = (across - (PICTURES_ACROSS - 1.0) * gap) / PICTURES_ACROSS;
        let picture = Vec2::new(wide, (wide * 9.0 / 16.0).min(0.36 * left_high));
        let top = screen.top() + 160.0 * scale;
        let second = top + world.y + 98.0 * scale;
        // The focused picture is always on the screen.
        let place = if choices.focus.0 == 1 { choices.focus.1 as f32 } else { 0.0 };
        let scroll = (place - (PICTURES_ACROSS - 1.0)).max(0.0) * (picture.x + gap);
        Self { screen, scale, rows: [(top, world, 0.0), (second, picture, scroll)] }
    }

    fn card(&self, row: usize, place: usize) -> Rect {
        let (top, size, scroll) = self.rows[row];
        let left = self.screen.left() + MARGIN * self.scale - scroll;
        let left = left + place as f32 * (size.x + GAP * self.scale);
        Rect::from_min_size(Pos2::new(left, top), size)
    }

    pub fn font(&self, points: f32) -> FontId {
        FontId::proportional(points * self.scale)
    }
}

/// The part of a picture that fills a shape.
fn filling(picture: Vec2, shape: Vec2) -> Rect {
    let (wide, high) = (picture.x / picture.y, shape.x / shape.y);
    let used = if wide > high { Vec2::new(high / wide, 1.0) } else { Vec2::new(1.0, wide / high) };
    Rect::from_center_size(Pos2::new(0.5, 0.5), used)
}

/// What has the focus, very blurred, behind everything.
fn background(ui: &egui::Ui, screen: Rect, chooser: &Chooser) {
    let painter = ui.painter();
    painter.rect_filled(screen, 0.0, Color32::from_rgb(14, 16, 22));
    for (picture, grown) in chooser.pictures.iter().zip(&chooser.grown) {
        let Some(Ok([_, blur])) = picture else { continue };
        if *grown > 0.01 {
            let light = Color32::from_white_alpha((110.0 * grown) as u8);
            painter.image(blur.id(), screen, filling(blur.size_vec2(), screen.size()), light);
        }
    }
    // Darker above and below, where the type is.
    let mut shade = egui::Mesh::default();
    let dark = |alpha: u8| Color32::from_rgba_unmultiplied(8, 9, 13, alpha);
    let stops = [(0.0, 225), (0.35, 90), (0.6, 110), (1.0, 235)];
    for (at, alpha) in stops {
        let y = screen.top() + at * screen.height();
        shade.colored_vertex(Pos2::new(screen.left(), y), dark(alpha));
        shade.colored_vertex(Pos2::new(screen.right(), y), dark(alpha));
    }
    for stop in 0..stops.len() as u32 - 1 {
        shade.add_triangle(2 * stop, 2 * stop + 1, 2 * stop + 2);
        shade.add_triangle(2 * stop + 1, 2 * stop + 2, 2 * stop + 3);
    }
    painter.add(shade);
}

fn heading(ui: &egui::Ui, layout: &Layout, chooser: &Chooser) {
    let (painter, scale) = (ui.painter(), layout.scale);
    let left = layout.screen.left() + MARGIN * scale;
    let top = layout.screen.top();
    let at = |y: f32| Pos2::new(left, top + y * scale);
    painter.text(at(34.0), Align2::LEFT_TOP, "Reverie", layout.font(46.0), Color32::WHITE);
    let words = "Choose a world, or drop a picture onto the window and walk into it";
    painter.text(at(88.0), Align2::LEFT_TOP, words, layout.font(17.0), QUIET);
    let labels = [("WORLDS", layout.rows[0].0), ("PICTURES", layout.rows[1].0)];
    for (label, y) in labels {
        let at = Pos2::new(left, y - LABEL_ABOVE * scale);
        painter.text(at, Align2::LEFT_BOTTOM, label, layout.font(12.5), QUIET);
    }
    // The switch between truth and imagination, over the worlds.
    let right = layout.card(0, 2).right();
    let y = layout.rows[0].0 - LABEL_ABOVE * scale;
    let (on, off) = (ACCENT, QUIET);
    let parts = [
        ("M  ", QUIET),
        ("ground truth", if chooser.imagined { off } else { on }),
        ("  /  ", QUIET),
        ("imagined from the first view", if chooser.imagined { on } else { off }),
    ];
    let galleys: Vec<_> = parts
        .iter()
        .map(|(text, colour)| {
            painter.layout_no_wrap((*text).to_owned(), layout.font(13.5), *colour)
        })
        .collect();
    let mut x = right - galleys.iter().map(|galley| galley.size().x).sum::<f32>();
    for galley in galleys {
        let (wide, high) = (galley.size().x, galley.size().y);
        painter.galley(Pos2::new(x, y - high), galley, QUIET);
        x += wide;
    }
}

/// Draws a row; whether a card was clicked. The pointer takes the focus when it moves.
fn cards(ui: &mut egui::Ui, layout: &Layout, chooser: &mut Chooser, row: usize) -> bool {
    let mut clicked = false;
    let moved = ui.input(|input| input.pointer.delta() != Vec2::ZERO);
    for place in 0..chooser.choices.rows[row].len() {
        let rest = layout.card(row, place);
        if rest.right() < layout.screen.left() || rest.left() > layout.screen.right() {
            continue;
        }
        let number = chooser.choices.number((row, place));
        let response = ui.interact(rest, egui::Id::new(("card", number)), Sense::click());
        if response.hovered() && moved && chooser.entering.is_none() {
            chooser.choices.focus = (row, place);
        }
        if response.clicked() {
            chooser.choices.focus = (row, place);
            clicked = true;
        }
        let choice = &chooser.choices.rows[row][place];
        let entering = chooser.entering.as_ref().is_some_and(|(what, _)| *what == choice.what);
        let grown = chooser.grown[number];
        card(ui, layout, rest, choice, chooser.pictures[number].as_ref(), grown, entering);
    }
    clicked
}

fn card(
    ui: &egui::Ui,
    layout: &Layout,
    rest: Rect,
    choice: &Choice,
    picture: Option<&Result<[egui::TextureHandle; 2], String>>,
    grown: f32,
    entering: bool,
) {
    let (painter, scale) = (ui.painter(), layout.scale);
    let shape = rest.expand(5.0 * scale * grown);
    let corner = CornerRadius::same((f32::from(CORNER) * scale).round() as u8);
    let shadow = egui::Shadow {
        offset: [0, (6.0 * scale) as i8],
        blur: (22.0 * scale) as u8,
        spread: 0,
        color: Color32::from_black_alpha((70.0 + 90.0 * grown) as u8),
    };
    painter.add(shadow.as_shape(shape, corner));
    painter.rect_filled(shape, corner, CARD);
    match picture {
        Some(Ok([cover, _])) => {
            let light = (200.0 + 55.0 * grown) as u8;
            egui::Image::new((cover.id(), shape.size()))
                .uv(filling(cover.size_vec2(), shape.size()))
                .corner_radius(corner)
                .tint(Color32::from_gray(light))
                .paint_at(ui, shape);
        }
        Some(Err(_)) => {
            let words = "no picture";
            painter.text(shape.center(), Align2::CENTER_CENTER, words, layout.font(13.0), QUIET);
        }
        None => {}
    }
    if entering {
        painter.rect_filled(shape, corner, Color32::from_black_alpha(150));
        let words = "Entering …";
        painter.text(
            shape.center(),
            Align2::CENTER_CENTER,
            words,
            layout.font(20.0),
            Color32::WHITE,
        );
    }
    if grown > 0.02 {
        let ring = Stroke::new(2.5 * scale, ACCENT.gamma_multiply(grown));
        painter.rect_stroke(shape.expand(3.0 * scale), corner, ring, StrokeKind::Outside);
    }
    // Names stay within their card.
    let under = Rect::from_min_size(
        Pos2::new(rest.left(), rest.bottom() + 11.0 * scale),
        Vec2::new(rest.width(), 44.0 * scale),
    );
    let painter = painter.with_clip_rect(under.intersect(layout.screen));
    let name = Color32::from_gray((205.0 + 50.0 * grown) as u8);
    let large = rest.width() > 300.0 * scale;
    let size = if large { 18.0 } else { 15.0 };
    painter.text(under.left_top(), Align2::LEFT_TOP, &choice.name, layout.font(size), name);
    let below = under.left_top() + Vec2::new(0.0, (size + 5.0) * scale);
    painter.text(below, Align2::LEFT_TOP, &choice.words, layout.font(13.0), QUIET);
}

/// An empty card after the pictures, where there is room: one's own go there.
fn drop_hint(ui: &egui::Ui, layout: &Layout, pictures: usize) {
    let (painter, scale) = (ui.painter(), layout.scale);
    let card = layout.card(1, pictures);
    if card.right() > layout.screen.right() {
        return;
    }
    let around = card.shrink(1.0);
    let corners = [
        around.left_top(),
        around.right_top(),
        around.right_bottom(),
        around.left_bottom(),
        around.left_top(),
    ];
    let line = Stroke::new(1.5 * scale, QUIET.gamma_multiply(0.5));
    painter.extend(egui::Shape::dashed_line(&corners, line, 7.0 * scale, 6.0 * scale));
    let lift = Vec2::new(0.0, 9.0 * scale);
    let (cross, words) = (card.center() - lift, card.center() + lift);
    painter.text(cross, Align2::CENTER_BOTTOM, "+", layout.font(30.0), QUIET);
    let text = "Drop a picture here";
    painter.text(words, Align2::CENTER_TOP, text, layout.font(13.5), QUIET);
}

fn footer(ui: &egui::Ui, layout: &Layout, chooser: &Chooser) {
    let (painter, scale) = (ui.painter(), layout.scale);
    let y = layout.screen.bottom() - 22.0 * scale;
    let left = Pos2::new(layout.screen.left() + MARGIN * scale, y);
    let right = Pos2::new(layout.screen.right() - MARGIN * scale, y);
    let back = if chooser.in_world { "Esc  back" } else { "Esc  quit" };
    let keys =
        format!("Arrows or stick  choose      Enter or A  start      T  describe      {back}");
    painter.text(right, Align2::RIGHT_BOTTOM, keys, layout.font(13.5), QUIET);
    if let Some(problem) = &chooser.problem {
        painter.text(left, Align2::LEFT_BOTTOM, problem, layout.font(13.5), ACCENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fill_their_cards_undistorted() {
        let shape = Vec2::new(160.0, 90.0);
        for picture in [Vec2::new(640.0, 480.0), Vec2::new(1000.0, 200.0), Vec2::new(90.0, 400.0)] {
            let part = filling(picture, shape);
            let used = part.size() * picture;
            assert!((used.x / used.y - shape.x / shape.y).abs() < 1e-3, "{picture}");
            assert!(part.size().max_elem() == 1.0 && part.center() == Pos2::new(0.5, 0.5));
        }
    }

    #[test]
    fn cards_fit_every_window_and_the_focused_one_is_seen() {
        let mut choices = Choices::new(None);
        for size in [Vec2::new(1280.0, 720.0), Vec2::new(800.0, 600.0), Vec2::new(2560.0, 1080.0)] {
            let screen = Rect::from_min_size(Pos2::ZERO, size);
            let scale = (size.x / 1280.0).min(size.y / 720.0);
            for (row, place) in [(0, 0), (0, 2), (1, 2)] {
                choices.focus = (row, place);
                let card = Layout::new(screen, scale, &choices).card(row, place);
                assert!(screen.contains_rect(card), "{size}: {card}");
                assert!(card.bottom() + 50.0 * scale < screen.bottom(), "{size}: {card}");
            }
        }
    }
}
