//! Which transport takes a notification, and to which address: from the brand's configuration.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ambient::Clock;
use case::notifications::{Audience, DeliveryChannel};
use service_kit::StartError;

use crate::config::{BrandConfig, Config, Endpoint, wrong_value, wrong_webhook};
use crate::delivery::{ConfigError, Outbox, OutboxConfig, SmtpTransport, Transport, WebhookTransport};

/// A transport and where it is to bring the message.
#[derive(Clone)]
pub(crate) struct Route {
    /// Brings it.
    pub(crate) transport: Arc<dyn Transport>,
    /// An e-mail address, or the address of a webhook.
    pub(crate) to: String,
    /// The brand's sender.
    pub(crate) from: String,
}

/// All transports, by brand and audience.
pub(crate) struct Carriers {
    mail: Option<Arc<dyn Transport>>,
    webhook_outbox: Option<Arc<dyn Transport>>,
    default_brand: BrandCarriers,
    brands: BTreeMap<String, BrandCarriers>,
}

struct BrandCarriers {
    from: String,
    player: Option<Receiver>,
    staff: Option<Receiver>,
    teams: BTreeMap<String, Receiver>,
}

#[derive(Clone)]
struct Receiver {
    url: String,
    transport: Arc<dyn Transport>,
}

impl Carriers {
    /// Sets all transports up; nothing is sent yet.
    pub(crate) fn new(config: &Config, data: &Path, clock: &Arc<dyn Clock>) -> Result<Self, StartError> {
        let unusable = |error: ConfigError| wrong_value(error.setting, error.problem);
        let outbox = OutboxConfig { folder: data.join(&config.outbox.folder) };
        let (mut mail, mut webhook_outbox) = (None, None);
        if config.outbox.enabled {
            mail = Some(Arc::new(Outbox::for_mail(&outbox).map_err(unusable)?) as Arc<dyn Transport>);
            webhook_outbox =
                Some(Arc::new(Outbox::for_webhooks(&outbox).map_err(unusable)?) as Arc<dyn Transport>);
        }
        if let Some(smtp) = &config.smtp {
            mail = Some(Arc::new(SmtpTransport::new(smtp).map_err(unusable)?));
        }
        let brand = |key: String, brand: &BrandConfig| BrandCarriers::new(&key, brand, clock);
        Ok(Self {
            mail,
            webhook_outbox,
            default_brand: brand("default_brand".to_owned(), &config.default_brand)?,
            brands: config
                .brands
                .iter()
                .map(|(name, one)| Ok((name.clone(), brand(format!("brands.{name}"), one)?)))
                .collect::<Result<_, StartError>>()?,
        })
    }

    /// The way to `audience`; `None` when nothing is configured for it.
    pub(crate) fn route(
        &self,
        brand: &str,
        audience: &Audience,
        channel: DeliveryChannel,
        address: Option<&str>,
    ) -> Option<Route> {
        let brand_carriers = self.brands.get(brand).unwrap_or(&self.default_brand);
        let from = brand_carriers.from.clone();
        match channel {
            DeliveryChannel::Email => {
                Some(Route { transport: self.mail.clone()?, to: address?.to_owned(), from })
            }
            DeliveryChannel::Webhook => {
                if let Some(Receiver { url, transport }) = brand_carriers.receiver(audience).cloned() {
                    return Some(Route { transport, to: url, from });
                }
                // The outbox shows who would have been called.
                let to = format!("{brand}/{}", spoken(audience));
                Some(Route { transport: self.webhook_outbox.clone()?, to, from })
            }
        }
    }
}

impl BrandCarriers {
    fn new(key: &str, config: &BrandConfig, clock: &Arc<dyn Clock>) -> Result<Self, StartError> {
        let receiver =
            |name: &str, endpoint: &Endpoint| Receiver::new(&format!("{key}.{name}"), endpoint, clock);
        let optional = |name: &str, endpoint: &Option<Endpoint>| {
            endpoint.as_ref().map(|endpoint| receiver(name, endpoint)).transpose()
        };
        Ok(Self {
            from: config.from.clone(),
            player: optional("player_webhook", &config.player_webhook)?,
            staff: optional("staff_webhook", &config.staff_webhook)?,
            teams: config
                .team_webhooks
                .iter()
                .map(|(team, endpoint)| {
                    Ok((team.clone(), receiver(&format!("team_webhooks.{team}"), endpoint)?))
                })
                .collect::<Result<_, StartError>>()?,
        })
    }

    fn receiver(&self, audience: &Audience) -> Option<&Receiver> {
        match audience {
            Audience::Player => self.player.as_ref(),
            Audience::Team(team) => self.teams.get(team).or(self.staff.as_ref()),
            Audience::Agent(_) => self.staff.as_ref(),
        }
    }
}

impl Receiver {
    fn new(key: &str, endpoint: &Endpoint, clock: &Arc<dyn Clock>) -> Result<Self, StartError> {
        let transport = WebhookTransport::new(&endpoint.webhook(), Arc::clone(clock))
            .map_err(|error| wrong_webhook(key, &error))?;
        Ok(Self { url: endpoint.url.clone(), transport: Arc::new(transport) })
    }
}

/// An audience in one word, as read models and the outbox show it.
pub(crate) fn spoken(audience: &Audience) -> String {
    match audience {
        Audience::Player => "player".to_owned(),
        Audience::Team(team) => format!("team:{team}"),
        Audience::Agent(agent) => format!("agent:{agent}"),
    }
}
