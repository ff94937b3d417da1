"""Types that skops asks about and that were read and found to hold only numbers: the reviewed allow-list.

Found by saving every estimator of scikit-learn 1.9 and reading what skops 0.16 does not trust by itself. Each is a
class of scikit-learn, scipy or numpy whose construction from a file sets attributes or numbers and calls nothing
named by the file. Functions stand here only where they take arrays and return arrays. The list is code, never read
from a model (GHSA-w582-9x45-8mpx).
"""

from __future__ import annotations

_KERNELS = (
    "CompoundKernel ConstantKernel DotProduct ExpSineSquared Exponentiation Matern PairwiseKernel Product RBF "
    "RationalQuadratic Sum WhiteKernel"
)
_DISTANCES = (
    "BrayCurtisDistance CanberraDistance ChebyshevDistance CorrelationDistance CosineDistance DiceDistance "
    "EuclideanDistance HammingDistance HaversineDistance JaccardDistance ManhattanDistance MinkowskiDistance "
    "RogersTanimotoDistance RussellRaoDistance SEuclideanDistance SokalSneathDistance YuleDistance"
)
_LOSSES = (
    "AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss HalfPoissonLoss HalfSquaredError "
    "HalfTweedieLoss HalfTweedieLossIdentity HuberLoss PinballLoss"
)
_CYTHON_LOSSES = (
    "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss CyHalfPoissonLoss "
    "CyHalfSquaredError CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss"
)
_LINKS = "HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit"
_SELECTORS = "chi2 f_classif f_oneway f_regression r_regression"

ALLOWED = frozenset(
    {
        "functools.partial",  # of a function that is itself on this list, and of arguments that are data
        "sklearn.utils.validation.check_array",
        "numpy.dtype",
        "numpy.mean",
        "numpy.median",
        "numpy.max",
        "numpy.min",
        "numpy.log",
        "numpy.log1p",
        "numpy.log2",
        "numpy.log10",
        "numpy.exp",
        "numpy.expm1",
        "numpy.sqrt",
        "numpy.square",
        "numpy.abs",
        "numpy.absolute",
        "numpy.sin",
        "numpy.cos",
        "numpy.tanh",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "scipy.interpolate._bsplines.BSpline",
        "scipy.sparse._csr.csr_matrix",
        "scipy.sparse._csr.csr_array",
        "scipy.sparse._csc.csc_matrix",
        "scipy.sparse._csc.csc_array",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
        "sklearn.cluster._bisect_k_means._BisectingTree",
        "sklearn.cluster._kmeans._kmeans_single_elkan",
        "sklearn.cluster._kmeans._kmeans_single_lloyd",
        "sklearn.compose._column_transformer._RemainderColsList",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.feature_selection._mutual_info.mutual_info_classif",
        "sklearn.feature_selection._mutual_info.mutual_info_regression",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        *(f"sklearn.gaussian_process.kernels.{name}" for name in _KERNELS.split()),
        *(f"sklearn.metrics._dist_metrics.{name}{bits}" for name in _DISTANCES.split() for bits in ("", "32", "64")),
        *(f"sklearn._loss.loss.{name}" for name in _LOSSES.split()),
        *(f"sklearn._loss._loss.{name}" for name in _CYTHON_LOSSES.split()),
        *(f"sklearn._loss.link.{name}" for name in _LINKS.split()),
        *(f"sklearn.feature_selection._univariate_selection.{name}" for name in _SELECTORS.split()),
    }
)
