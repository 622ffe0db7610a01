"""Checks of lesson 04, part E: the conclusions on two towers, and the modules beside it."""

from helpers.checks import contrastive_e_clip, contrastive_e_prompts, contrastive_e_towers
from helpers.checks.core import Conclusions

__all__ = ["CHECKS"]

Q25_CONCLUSIONS = Conclusions(
    id="Q25-conclusions",
    title="Which statements follow about two towers?",
    level=2,
    minutes=10,
    points=4,
    function="chosen_q25",
    statements={
        "A": (
            True,
            "The other items of a batch are other users' clicks, so a best seller is met, and "
            "pushed down, far more often. Of the clicks on the head the uncorrected model found "
            ".21, the corrected one .74.",
        ),
        "B": (
            False,
            "Without the correction the model found fewer clicks in all (.30 against .53), but "
            "about five times as many on the tail, and more of the users' true favourites.",
        ),
        "C": (
            True,
            "The uncorrected optimum is log p - log Q, as the scores' correlations showed. Adding "
            "log Q while searching brought recall from .30 to within .01 of the corrected model's.",
        ),
        "D": (
            True,
            "Once a loss knows how its negatives were drawn, the sampler hardly matters for 800 "
            "items: the four means lay within .03. With millions of items the noise would differ.",
        ),
        "E": (
            False,
            "The loss with the reversed sign fell as steadily as the right one, while clicks sank "
            "below all other items and recall went to 0. Look at the mean scores themselves.",
        ),
        "F": (
            True,
            "Towers that read features reached .46 on never-clicked items, where chance is .125 "
            "and the true probabilities reach .66; an id-only tower cannot know anything of them.",
        ),
        "G": (
            False,
            "Later clicks come from taste and from exposure, the same exposure. The model with "
            "the higher recall on clicks had fewer of the true favourites, which only a generated "
            "shop (or showing items at random) can tell.",
        ),
    },
)

CHECKS = (
    *contrastive_e_clip.CHECKS,
    *contrastive_e_prompts.CHECKS,
    *contrastive_e_towers.CHECKS,
    Q25_CONCLUSIONS,
)
