"""``custom_imports=dict(imports=['pfld_mm.register'])``: registers everything with mmpose."""

# isort: off
import pfld_mm.compat

# isort: on
import pfld_mm.codecs.center_offset_angle
import pfld_mm.codecs.face_map
import pfld_mm.datasets.face.ibug_face
import pfld_mm.datasets.face.pseudo_label_face
import pfld_mm.datasets.face.two_markup_face
import pfld_mm.datasets.face.wflw
import pfld_mm.datasets.finder.empty_scenes
import pfld_mm.datasets.finder.face_scenes
import pfld_mm.datasets.finder.finder_dataset
import pfld_mm.datasets.finder.finder_mixture
import pfld_mm.datasets.finder.finder_mosaic
import pfld_mm.datasets.finder.wflw_images
import pfld_mm.datasets.slider.slider_dataset
import pfld_mm.datasets.slider.slider_pairs
import pfld_mm.datasets.slider.slider_synthetic
import pfld_mm.datasets.transforms.crop_face
import pfld_mm.datasets.transforms.finder_crop
import pfld_mm.datasets.transforms.generate_face_labels
import pfld_mm.datasets.transforms.letterbox_affine
import pfld_mm.datasets.transforms.load_face
import pfld_mm.datasets.transforms.load_finder_image
import pfld_mm.datasets.transforms.mix_teacher_keypoints
import pfld_mm.datasets.transforms.occlude_faces
import pfld_mm.datasets.transforms.pack_finder_inputs
import pfld_mm.datasets.transforms.seeded_albumentation
import pfld_mm.datasets.transforms.turn_head
import pfld_mm.engine.checkpoint_hook
import pfld_mm.engine.cpu_amp_optim_wrapper
import pfld_mm.engine.epoch_hook
import pfld_mm.engine.finite_loss_hook
import pfld_mm.engine.hard_example_hook
import pfld_mm.engine.progress_hook
import pfld_mm.engine.resumable_sampler
import pfld_mm.engine.resume_point_hook
import pfld_mm.evaluation.face_finder_accuracy
import pfld_mm.evaluation.face_nme
import pfld_mm.evaluation.slider_accuracy
import pfld_mm.models.backbones.finder_backbone
import pfld_mm.models.backbones.lite_hrnet18
import pfld_mm.models.backbones.pfld
import pfld_mm.models.backbones.pfld_ghostnet
import pfld_mm.models.backbones.pfld_ghostone
import pfld_mm.models.detectors.face_finder
import pfld_mm.models.detectors.two_stage_slider
import pfld_mm.models.heads.center_offset_angle_head
import pfld_mm.models.heads.face_finder_head
import pfld_mm.models.heads.pair_verifier
import pfld_mm.models.heads.pfld_head
import pfld_mm.models.losses.box_distance_iou_loss
import pfld_mm.models.losses.center_focal_loss
import pfld_mm.models.losses.center_softmax_loss
import pfld_mm.models.losses.cosine_angle_loss
import pfld_mm.models.losses.edge_distribution_loss
import pfld_mm.models.losses.gaussian_sigma_loss
import pfld_mm.models.losses.hard_negative_ranking_loss
import pfld_mm.models.losses.landmark_smooth_l1_loss
import pfld_mm.models.losses.landmark_wing_loss
import pfld_mm.models.losses.masked_smooth_l1_loss
import pfld_mm.models.losses.pfld_loss
import pfld_mm.models.necks.lite_fpn
import pfld_mm.models.necks.multi_scale_pool
import pfld_mm.models.necks.top_down_sum  # noqa: F401
