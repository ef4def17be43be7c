//! The panel's list of proxies.

use super::{WorldProxy, WorldProxyStatus};
use crate::panel::WARNING;
use bevy::prelude::*;
use bevy_egui::egui;

/// Proxies that are listed, at most; the rest is a number.
const LISTED: usize = 200;

pub(crate) type Listed = (
    Entity,
    Option<&'static Name>,
    &'static mut WorldProxy,
    &'static GlobalTransform,
    &'static WorldProxyStatus,
);

/// What stands in the world by proxy: class, size, colour and how it stands; each can be recoloured
/// and removed.
pub(crate) fn list(ui: &mut egui::Ui, commands: &mut Commands, proxies: &mut Query<Listed>) {
    let count = proxies.iter().count();
    if count == 0 {
        return;
    }
    egui::CollapsingHeader::new(format!("Proxies: {count}")).id_salt("proxies").show(ui, |ui| {
        egui::ScrollArea::vertical().max_height(180.0).show(ui, |ui| {
            egui::Grid::new("proxy list").num_columns(5).show(ui, |ui| {
                for (entity, name, mut proxy, place, status) in proxies.iter_mut().take(LISTED) {
                    let label = name.map_or_else(|| proxy.class.clone(), ToString::to_string);
                    ui.label(label).on_hover_text(format!("{entity}"));
                    let Vec3 { x, y, z } = proxy.size;
                    let at = place.translation();
                    ui.monospace(format!("{x:.1} x {y:.1} x {z:.1} m"))
                        .on_hover_text(format!("at {:.1}, {:.1}, {:.1}", at.x, at.y, at.z));
                    let mut colour = proxy.colour;
                    if ui.color_edit_button_srgb(&mut colour).changed() {
                        proxy.colour = colour;
                    }
                    match status {
                        WorldProxyStatus::Waiting => ui.label("waits"),
                        WorldProxyStatus::Placed => ui.label("is painted soon"),
                        WorldProxyStatus::Painted => ui.label("painted"),
                        WorldProxyStatus::Refused(reason) => {
                            ui.colored_label(WARNING, "refused").on_hover_text(reason)
                        }
                    };
                    if ui.small_button("Remove").clicked() {
                        commands.entity(entity).remove::<WorldProxy>();
                    }
                    ui.end_row();
                }
            });
            if count > LISTED {
                ui.label(format!("and {} more", count - LISTED));
            }
        });
    });
}
